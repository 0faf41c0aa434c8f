"""Contact ids: the same everywhere, different for everyone, and nothing to read in them."""

from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from contact_hub.identity.contact_ids import contact_id_namer


def test_an_id_never_changes() -> None:
    """A stored id must be found again by every later version."""
    name = contact_id_namer(b"a secret of the tests only", "org_surf_rehab")
    assert str(name("cliniko", "1390726237298631770")) == "6fbe045d-8b9e-856b-8cf5-f10f250184b9"


@given(st.text(), st.text(), st.text(), st.text())
def test_ids_are_uuids_of_version_8_and_differ_by_record(organization: str, other: str, first: str, second: str) -> None:
    name = contact_id_namer(b"secret", organization)
    one = name("cliniko", first)
    assert one.version == 8
    assert one.variant == RFC_4122
    assert (name("cliniko", second) == one) == (first == second)
    assert (contact_id_namer(b"secret", other)("cliniko", first) == one) == (organization == other)
    assert contact_id_namer(b"another secret", organization)("cliniko", first) != one
    assert name("whatsapp", first) != one
