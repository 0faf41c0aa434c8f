"""E-mail addresses: what staff type, down to what the validator accepts."""

import email_validator
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from contact_hub.identity.emails import PLAIN_EMAIL, find_emails, normalize_email

LABEL = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,6}[a-zA-Z0-9])?", fullmatch=True)
DOMAINS = st.one_of(
    st.builds(lambda labels, tld: ".".join([*labels, tld]), st.lists(LABEL, max_size=3),
    st.from_regex(r"[a-zA-Z]{1,6}", fullmatch=True)),
    st.sampled_from(["x.local", "localhost", "a.test", "xn--bcher-kva.example.com", "ab--c.com", "münchen.de", "例え.jp"]),
)  # fmt: skip
ADDRESSES = st.builds(
    "{}@{}".format, st.one_of(st.from_regex(r"[a-z0-9._%+'*/!-]{1,12}", fullmatch=True), st.text(min_size=1, max_size=8)),
    DOMAINS
)  # fmt: skip
FIELDS = st.text(alphabet="abcé@@..,;:<>()[]\"'* \t+-_/\\|＠ＡmailtoÅİßK\u200b\u0301", max_size=30)


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("john@example.com", "john@example.com"),
        ("John.Smith+Kids@Example.COM.au", "john.smith+kids@example.com.au"),
        (" john@example.com\n", "john@example.com"),
        ("mailto:john@example.com?subject=Hi", "john@example.com"),
        ("MAILTO:john@example.com", "john@example.com"),
        ("John Smith <john@example.com>", "john@example.com"),
        ('"Smith, John" <john@example.com>;', "john@example.com"),
        ("<john@example.com>", "john@example.com"),
        ("'john@example.com'", "john@example.com"),
        ("john@example.com.", "john@example.com"),
        ("(john@example.com)", "john@example.com"),
        ("*john@example.com", "john@example.com"),
        ("john@example.com **", "john@example.com"),
        ("Email: john@example.com", "john@example.com"),
        ("e: john@example.com", "john@example.com"),
        ("mum john@example.com", "john@example.com"),
        ("john@example.com (mum)", "john@example.com"),
        ("john@example.com - work", "john@example.com"),
        ("john＠example.com", "john@example.com"),
        ("ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "john@example.com"),
        ("john @ example.com", "john@example.com"),
        ("john @example.com", "john@example.com"),
        ("jo\u200bhn@example.com", "john@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("JÖRG@MÜNCHEN.de", "jörg@münchen.de"),
        ("a/b@example.com", "a/b@example.com"),
        ("john@example.com; john@example.com", "john@example.com"),
        ("john@example.com; jane@example.com", None),
        ("john smith@example.com", None),
        ("john@example.com au", None),
        ("john@example", None),
        ("john@@example.com", None),
        ("john@a@example.com", None),
        ("john@clinic.local", None),
        ("@example.com", None),
        ("john.example.com", None),
        ("none", None),
        ("", None),
        (None, None),
        (12, None),
        (["john@example.com"], None),
        ("a@" * 5000, None),
    ],
)
def test_examples(raw: object, address: str | None) -> None:
    assert normalize_email(raw) == address


@pytest.mark.parametrize(
    ("raw", "addresses"),
    [
        ("a@b.com; c@d.com", ["a@b.com", "c@d.com"]),
        ("a@b.com / c@d.com", ["a@b.com", "c@d.com"]),
        ("a@b.com/c@d.com", ["a@b.com", "c@d.com"]),
        ("a@b.com,C@d.com,a@b.com", ["a@b.com", "c@d.com"]),
        ("a@b.com c@d.com", ["a@b.com", "c@d.com"]),
        ("a@b.com or c@d.com", ["a@b.com", "c@d.com"]),
        ("A <a@b.com>, C <c@d.com>", ["a@b.com", "c@d.com"]),
        ("a@b.com; nonsense@", ["a@b.com"]),
        ("a@b.com", ["a@b.com"]),
        ("no address", []),
        (None, []),
    ],
)
def test_find_emails(raw: object, addresses: list[str]) -> None:
    assert find_emails(raw) == addresses


@settings(max_examples=300, deadline=None)
@given(st.one_of(ADDRESSES, FIELDS, st.text(max_size=40)))
@example("İ@example.com")
@example("K@example.com")
@example("ß@ß.de")
def test_results_are_valid_and_stay(raw: str) -> None:
    for address in find_emails(raw):
        assert email_validator.validate_email(address, check_deliverability=False).normalized == address
        assert address == address.lower()
        assert normalize_email(address) == address
        assert find_emails(address) == [address]


@settings(max_examples=300, deadline=None)
@given(st.one_of(ADDRESSES, st.from_regex(PLAIN_EMAIL.pattern.removeprefix(r"(?=.{6,254}\Z)"), fullmatch=True)))
@example("a@b.test")
@example("a" * 64 + "@example.com")
@example("a" * 65 + "@example.com")
@example("a@" + "b" * 63 + ".com")
@example("a@" + ".".join(["b" * 60] * 4) + ".com")
@example("a@" + ".".join(["b" * 61] * 4) + ".com")
def test_the_fast_path_is_a_subset_of_the_validator(address: str) -> None:
    assume(address.isascii() and PLAIN_EMAIL.fullmatch(address) is not None)
    assert email_validator.validate_email(address, check_deliverability=False).normalized == address
