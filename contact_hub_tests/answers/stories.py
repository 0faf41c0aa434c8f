"""Stories of families and their identifiers, made up; and what a careful person who followed one would tell to whom.

The oracle (:meth:`Owners.of`) reads the story only, never the store. It errs on the side of silence: whoever it does not name
may not be told anything of theirs, and it names at most one person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from hypothesis import strategies as st

GIVEN = ("Anna", "Boris", "Chloe", "Derek")
STRANGER = "Zoltan"
PHONES = (0, 1, 2)
EMAILS = (0, 1)
Slot = tuple[Literal["phone", "email"], int]
SLOTS: tuple[Slot, ...] = (*(("phone", one) for one in PHONES), *(("email", one) for one in EMAILS))  # type: ignore[assignment]
Via = Literal["whatsapp", "sms", "email", "instagram"]


@dataclass(frozen=True)
class Member:
    """A patient as Cliniko has them when the story begins."""

    given: str
    holds: frozenset[Slot]
    child: bool = False
    archived: bool = False
    declined: bool = False


@dataclass(frozen=True)
class Said:
    """A message. ``slot`` is the sender's own (None: the Instagram account of the story), ``typed`` what they typed."""

    via: Via
    slot: Slot | None
    name: str | None
    typed: Slot | None = None
    late: bool = False
    doubled: bool = False


@dataclass(frozen=True)
class Submitted:
    """A form on the web site: anybody may type anything."""

    name: str | None
    typed: Slot


@dataclass(frozen=True)
class Moved:
    """WhatsApp says that whoever had one number has another now."""

    old: int
    new: int
    late: bool = False


@dataclass(frozen=True)
class Released:
    """The clinic says that an identifier is somebody else's from now on."""

    slot: Slot


@dataclass(frozen=True)
class Edited:
    """A patient's file is changed in Cliniko: it states these identifiers from now on."""

    member: int
    holds: frozenset[Slot]


@dataclass(frozen=True)
class Archived:
    """A patient's file is archived, or taken out of the archive."""

    member: int
    archived: bool


@dataclass(frozen=True)
class Linked:
    """A person decides that the contact behind an identifier (None: the Instagram account) is a patient."""

    slot: Slot | None
    member: int


@dataclass(frozen=True)
class Joined:
    """A person decides that two patients' files are one person's."""

    one: int
    other: int


@dataclass(frozen=True)
class Undone:
    """The last decision that stands is taken back."""


@dataclass(frozen=True)
class Synced:
    """Cliniko is read, and everything derived anew."""


Step = Said | Submitted | Moved | Released | Edited | Archived | Linked | Joined | Undone | Synced


@dataclass(frozen=True)
class Story:
    members: tuple[Member, ...]
    steps: tuple[Step, ...]


def _holdings() -> st.SearchStrategy[frozenset[Slot]]:
    """A file has room for many phones, and for one address."""
    phones = st.frozensets(st.sampled_from(SLOTS[: len(PHONES)]), max_size=2)
    mails = st.frozensets(st.sampled_from(SLOTS[len(PHONES) :]), max_size=1)
    return st.builds(frozenset[Slot].union, phones, mails)


def _names() -> st.SearchStrategy[str | None]:
    return st.sampled_from([*GIVEN, STRANGER, None])


def _steps(members: int) -> st.SearchStrategy[Step]:
    who, slots, rarely = st.integers(0, members - 1), st.sampled_from(SLOTS), st.sampled_from([False, False, True])
    phones = slots.filter(lambda slot: slot[0] == "phone")
    mails = slots.filter(lambda slot: slot[0] == "email")
    typed = st.none() | slots
    return st.one_of(
        st.builds(Said, st.sampled_from(["whatsapp", "sms"]), phones, _names(), typed, rarely, rarely),
        st.builds(Said, st.just("email"), mails, _names(), typed, rarely, rarely),
        st.builds(Said, st.just("instagram"), st.none(), _names(), typed, rarely, rarely),
        st.builds(Submitted, _names(), slots),
        st.tuples(st.sampled_from(PHONES), st.sampled_from(PHONES), rarely)
        .filter(lambda it: it[0] != it[1])
        .map(lambda it: Moved(*it)),
        st.builds(Released, slots),
        st.builds(Edited, who, _holdings()),
        st.builds(Archived, who, st.booleans()),
        st.builds(Linked, st.none() | slots, who),
        st.tuples(who, who).filter(lambda it: it[0] != it[1]).map(lambda it: Joined(*it)) if members > 1 else st.just(Undone()),
        st.just(Undone()),
        st.just(Synced()),
    )


@st.composite
def stories(draw: st.DrawFn, max_steps: int = 7) -> Story:
    """Two to four patients of one family, twins of one first name among them, and what happens to their identifiers."""
    member = st.builds(Member, st.sampled_from(GIVEN), _holdings(), *([st.sampled_from([False, False, False, True])] * 3))
    members = tuple(draw(st.lists(member, min_size=1, max_size=4)))
    steps = tuple(draw(st.lists(_steps(len(members)), max_size=max_steps)))
    return Story(members, steps)


# The oracle --------------------------------------------------------------------------------------------------------------


@dataclass
class Owners:
    """Who owns what, by a story as far as it was told.

    Attributes:
        since: at which point a file took an identifier up, by (member, slot).
        changed: at which point an identifier last left somebody (or came from another patient, by WhatsApp's word).
        called: the latest names by (channel, slot), and at which point they were given.
        decisions: what people decided and nobody took back: an identifier (None: the Instagram account) or a file, and whose.
    """

    members: list[Member]
    since: dict[tuple[int, Slot], int] = field(default_factory=dict)
    changed: dict[Slot, int] = field(default_factory=dict)
    called: dict[tuple[str, Slot | None], tuple[int, str]] = field(default_factory=dict)
    decisions: list[tuple[int, Linked | Joined]] = field(default_factory=list)

    @classmethod
    def at_first(cls, story: Story) -> "Owners":
        first = cls(list(story.members))
        first.since = {(who, slot): -1 for who, member in enumerate(story.members) for slot in member.holds}
        return first

    def follow(self, at: int, step: Step) -> None:
        """What a step changes. Decisions are followed by :meth:`decided`, for a clinic may refuse them."""
        match step:
            case Said(via, slot, str(name)):
                if self.called.get((via, slot), (-1, ""))[0] <= at:
                    self.called[via, slot] = (at, name)
            case Moved(old, new):
                came_from = {self.person(who) for who, slot in self.since if slot == ("phone", old)}
                there = {self.person(who) for who, slot in self.since if slot == ("phone", new)}
                self.changed["phone", old] = max(at, self.changed.get(("phone", old), -1))
                if came_from - there:  # another patient is there now, whatever the files say of the new number
                    self.changed["phone", new] = max(at, self.changed.get(("phone", new), -1))
            case Released(slot):
                self.changed[slot] = max(at, self.changed.get(slot, -1))
            case Edited(who, holds):
                dropped = self.members[who].holds - holds
                self.since.update({(who, slot): at for slot in holds - self.members[who].holds})
                for slot in dropped:
                    self.since.pop((who, slot), None)
                self.members[who] = replace(self.members[who], holds=holds)
            case Archived(who, archived):
                self.members[who] = replace(self.members[who], archived=archived)

    def decided(self, at: int, step: Linked | Joined) -> None:
        self.decisions.append((at, step))

    def taken_back(self) -> None:
        self.decisions.pop()

    def person(self, who: int) -> frozenset[int]:
        """The files that are one person's by people's decisions."""
        found = {who}
        for _ in self.members:
            for _, step in self.decisions:
                if isinstance(step, Joined) and found & {step.one, step.other}:
                    found |= {step.one, step.other}
        return frozenset(found)

    def of(self, channel: str, slot: Slot | None) -> frozenset[int]:
        """Whose appointments may be told to whoever holds an identifier (None: the Instagram account): one person's files."""
        changed = self.changed.get(slot, -2) if slot else -2
        stating = self._in_use(who for who, _ in (key for key in self.since if key[1] == slot))
        linked = [step.member for at, step in self.decisions if isinstance(step, Linked) and step.slot == slot and at > changed]
        vouched = [who for who in stating if slot and self.since[who, slot] > changed] + linked[-1:]
        people = {self.person(who) for who in [*stating, *linked[-1:]]}
        if len(people) != 1 or not vouched:
            return frozenset()
        (person,) = people
        return person if self._may_be_told(person) and self._fits(slot, person, changed) else frozenset()

    def _in_use(self, files: Iterable[int]) -> list[int]:
        return [who for who in files if not self.members[who].archived]

    def _may_be_told(self, person: frozenset[int]) -> bool:
        files = [self.members[who] for who in person]
        return not any(one.child or one.declined for one in files) and not all(one.archived for one in files)

    def _fits(self, slot: Slot | None, person: frozenset[int], changed: int) -> bool:
        names = {self.members[who].given for who in person}
        return all(name in names for (_, of), (at, name) in self.called.items() if of == slot and at > changed)


def untouched(story: Story) -> Sequence[tuple[Slot, int]]:
    """Identifiers that one adult's file states and no step is about, in a story without decisions: they must be told."""
    if any(isinstance(step, Linked | Joined | Moved | Edited | Archived) for step in story.steps):
        return ()
    owners = Owners.at_first(story)
    named = {getattr(step, name, None) for step in story.steps for name in ("slot", "typed")}
    # An address or number typed together with one that is touched may cast doubt on both.
    found = []
    for slot in SLOTS:
        holders = [who for who, member in enumerate(story.members) if slot in member.holds]
        if len(holders) == 1 and slot not in named and owners.of("any", slot):
            found.append((slot, holders[0]))
    return found
