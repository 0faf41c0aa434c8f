"""Payloads gone wrong: values of another type, hostile texts, members lost or doubled, bytes that are no JSON any more."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

CANARY = "c4nary-7f3e91"
"""Planted in texts and names of members: a refusal may not repeat it, nor may the gateway's log."""

HOSTILE = (
    f"'; DROP TABLE contacts; -- {CANARY}", f"<script>alert('{CANARY}')</script>", f"../../../etc/passwd?{CANARY}",
    f"${{jndi:ldap://{CANARY}}}", f"{{{{7*7}}}}{CANARY}", f"%s%n%x{CANARY}", f"=HYPERLINK(\"{CANARY}\")",
    f"{CANARY}\r\nX-Injected: 1",
    "\u202e" + CANARY, "\ud800" + CANARY, CANARY + "\x00", "\x00", "\ud800", "\udfff\ud800", "\ufeff", "\ufffe", "\u0661\u0662",
    "²",
    "🧑‍👩‍👧‍👦" * 40, "a\u0301" * 200, "ﷺ" * 90, "\x1b[2J", "\x7f", "undefined", "null", "[object Object]", "NaN", "anonymous",
    "+266696687", "noreply@example.com", "=?utf-8?b?!!!?=", "data:text/html;base64,PHNjcmlwdD4=", "0x41", "1e999", "-0", "",
    " ", "\t\n", f'{{"body": "{CANARY}"}}', "[" * 300, "9" * 5000, "x" * 300, "2025-02-30T25:61:61Z", "0000-00-00",
    "99999-01-01",
    "-271821-04-20T00:00:00Z", "1969-12-31T23:59:59+23:59", "00000000-0000-0000-0000-000000000000", "+61412345678" * 30,
    f"{CANARY}@example.com", f"Jo {CANARY}", "a@b@c", "@", "+", "tel:+61 412 345 678;ext=5", "sip:jo@example.com",
)  # fmt: skip
NUMBERS = (
    0,
    -1,
    1,
    2**31,
    2**53 + 1,
    2**63,
    -(2**63) - 1,
    2**70,
    10**40,
    1e308,
    -1e-320,
    0.1,
    float("nan"),
    float("inf"),
    True,
)
OTHERS: tuple[Any, ...] = (
    None,
    False,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"id": {}},
    {CANARY: CANARY},
    {"": ""},
    [1, "a", None, {}],
    [[[[]]]],
)
KINDS = frozenset(
    ("event", "type", "object", "field", "kind", "channel", "message_type", "direction", "CallStatus", "SmsStatus")
)
"""Members that say what a payload is about."""

Damage = Callable[[Any, random.Random], bytes]


def junk(chance: random.Random) -> Any:
    """A value that nobody expects in its place."""
    return copy.deepcopy(chance.choice(chance.choice((HOSTILE, NUMBERS, OTHERS))))


def places(value: Any, name: Any = None) -> Iterator[tuple[Any, Any]]:
    """(object or list, member or index) of everything in a JSON value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for inner_name, inner in members:
        yield value, inner_name
        yield from places(inner, inner_name)


def as_bytes(payload: Any) -> bytes:
    """JSON as most programs write it; lone surrogates escaped, NaN as Python has it."""
    return json.dumps(payload).encode()


def sound(payload: Any, chance: random.Random) -> bytes:
    return as_bytes(payload)


def values(payload: Any, chance: random.Random) -> bytes:
    """One to three values are something else."""
    for _ in range(chance.randint(1, 3)):
        inside, member = chance.choice(list(places(payload)))
        inside[member] = junk(chance)
    return as_bytes(payload)


def members(payload: Any, chance: random.Random) -> bytes:
    """Members are missing, called otherwise, too many, or there twice."""
    inside, member = chance.choice(list(places(payload)))
    way = chance.randrange(4)
    if way == 0:
        del inside[member]
    elif way == 1 and isinstance(inside, dict):
        inside[chance.choice(HOSTILE)] = inside.pop(member)
    elif way == 2 and isinstance(inside, dict):
        inside.update({f"{CANARY}{number}": junk(chance) for number in range(chance.choice((1, 40, 1500)))})
    elif isinstance(payload, dict) and payload:
        name = chance.choice(list(payload))
        return as_bytes(payload)[:-1] + b", " + as_bytes({name: junk(chance)})[1:]
    return as_bytes(payload)


def kinds(payload: Any, chance: random.Random) -> bytes:
    """Events and kinds that nobody knows."""
    for inside, member in list(places(payload)):
        if member in KINDS and chance.random() < 0.6:
            inside[member] = chance.choice((f"{CANARY}_event", "message_exploded", "MESSAGE_CREATED", "", None, 7, ["x"]))
    return as_bytes(payload)


def deep(payload: Any, chance: random.Random) -> bytes:
    """Nested: a little too deep, and far too deep."""
    depth = chance.choice((30, 60, 70, 500, 5_000, 100_000))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'{"json":', b"}"), (b'[{"body":', b"}]")))
    core = as_bytes(payload)
    return opening * depth + core + (closing * depth if chance.random() < 0.9 else b"")


def long(payload: Any, chance: random.Random) -> bytes:
    """Long texts, long lists, and now and then a body that is larger than the limit."""
    inside, member = chance.choice(list(places(payload)))
    way = chance.random()
    if way < 0.02:
        inside[member] = "x" * (2 * 1024 * 1024 + chance.randint(-200, 200))
    elif way < 0.8:
        text = chance.choice(("x", "é", "\x00", "🧑", "9", "a b ", "<p>", "\ud800"))
        inside[member] = text * chance.choice((255, 256, 1_000, 10_000, 60_000))
    else:
        inside[member] = [inside[member]] * chance.choice((50, 300))
    return as_bytes(payload)


def characters(payload: Any, chance: random.Random) -> bytes:
    """No JSON any more, or not in UTF-8: bytes lost, changed, put in; other encodings; what only some parsers read."""
    body = bytearray(as_bytes(payload))
    way = chance.randrange(9)
    at = chance.randrange(len(body) + 1)
    if way == 0:
        return bytes(body[:at])
    if way == 1:
        for _ in range(chance.randint(1, 8)):
            body[chance.randrange(len(body))] = chance.randrange(256)
    elif way == 2:
        inserted = (b"\x00", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\\ud800", b"\\u0000", b"\\x41")
        body[at:at] = chance.choice(inserted)
    elif way == 3:
        return json.dumps(payload).encode(chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7", "cp037")))
    elif way == 4:
        return bytes(body) + chance.choice((b"x", b"\n{}", b"]", b"\x00", b"/* */", b","))
    elif way == 5:
        number = chance.choice(
            (b"NaN", b"-Infinity", b"1e999", b"-1e999", b"1" * 5_000, b"0.1" + b"0" * 5_000, b"01", b"+1", b".5")
        )
        return b'{"id": ' + number + b', "event": ' + bytes(body) + b"}"
    elif way == 6:
        return bytes(body).replace(b'"', b"'")
    elif way == 7:
        return json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass").replace(b"e", b"\xe9")
    else:
        return json.dumps(json.dumps(payload)).encode()
    return bytes(body)


def empty(payload: Any, chance: random.Random) -> bytes:
    return chance.choice((b"", b" ", b"\n", b"null", b"[]", b"{}", b"[[]]", b"[{}]", b"0", b'""', b"true", b"\x00", b"[null]"))


def anything(payload: Any, chance: random.Random) -> bytes:
    """JSON that has nothing to do with the route."""

    def value(depth: int) -> Any:
        if depth == 0 or chance.random() < 0.4:
            return junk(chance)
        if chance.random() < 0.5:
            return [value(depth - 1) for _ in range(chance.randrange(4))]
        names = (*KINDS, "entry", "messages", "from", "id", "body", "json", "identifier", "contact_ids", "records", CANARY)
        return {chance.choice(names): value(depth - 1) for _ in range(chance.randrange(5))}

    return as_bytes(value(4))


WAYS: dict[Damage, int] = {
    sound: 8, values: 42, members: 11, kinds: 6, deep: 4, long: 4, characters: 15, empty: 4, anything: 6,
}  # fmt: skip
"""How something goes wrong, and how often of a hundred."""


def damaged(payload: Any, chance: random.Random) -> tuple[str, bytes]:
    """A copy of a payload, gone wrong in some way; the way's name and the body."""
    (way,) = chance.choices(list(WAYS), list(WAYS.values()))
    return way.__name__, way(copy.deepcopy(payload), chance)
