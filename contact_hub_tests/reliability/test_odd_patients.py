"""Records that make no sense."""

from collections.abc import Mapping
from typing import Any

import pytest

from contact_hub_tests.reliability.rows import contact_statuses, payloads
from contact_hub_tests.support import SandboxOrganization

pytestmark = pytest.mark.long


class TestOddPatients:
    """People whose records no form should have let through."""

    ODD: Mapping[str, Mapping[str, Any]] = {
        "numbers for names": {"first_name": 5, "last_name": 1.5, "date_of_birth": 19800101, "email": 7, "post_code": 2000},
        "objects for texts": {"first_name": {"a": 1}, "last_name": ["x"], "email": {"x": "y"}, "city": ["z"], "title": True},
        "null and empty": {"patient_phone_numbers": None, "email": "", "first_name": "", "last_name": None},
        "junk in the list of phones": {"patient_phone_numbers": [None, 7, "0412 345 678", [], {}, {"number": 412345678}]},
        "an object for the list of phones": {"patient_phone_numbers": {"number": "0412 345 679"}},
        "two numbers in one field": {"patient_phone_numbers": [{"number": "0412 345 671 / 02 9374 4000"}]},
        "junk numbers": {"patient_phone_numbers": [{"number": number} for number in ("n/a", "0", "+", "1" * 400, "０４１２")]},
        "a character that no database holds": {"notes": "a\x00b", "first_name": "N\x00ul", "last_name": "\x00", "city": "\x00"},
        "born tomorrow": {"date_of_birth": "2999-01-01"},
        "born never": {"date_of_birth": "1985-02-30", "last_name": "."},
        "many scripts": {"first_name": "Зоя 👩🏽‍⚕️", "last_name": "O’Neill-Ñandú 王", "preferred_first_name": "اسم"},
        "long fields": {name: name[0] * 10_000 for name in ("first_name", "last_name", "email", "address_1", "city", "notes")},
        "a long email": {"email": f"{'a' * 10_000}@example.com"},
        "long numbers": {"patient_phone_numbers": [{"number": "0412345672" * 1_000}] * 50},
        "commands": {"first_name": "<script>alert(1)</script>", "last_name": "'; DROP TABLE contacts; --", "city": "\\N\t\n"},
        "fields that nobody knows": {"a_new_field": {"deep": [[[]]]}, "large": 2**70, "custom_fields": [1, {"x": None}]},
        "words for flags": {"time_zone": 5, "reminder_type": {"a": "b"}, "accepted_privacy_policy": "yes", "country_code": 61},
    }

    def test_each_is_one_contact_and_kept_as_sent(self, organization: SandboxOrganization) -> None:
        clinic = organization.clinic
        ids = {name: clinic.add_patient(**fields) for name, fields in self.ODD.items()}
        first, second = clinic.add_patient(first_name="One"), clinic.add_patient(first_name="Other")
        clinic.merge_patients(first, second)
        clinic.merge_patients(second, first)
        clinic.merge_patients(nowhere := clinic.add_patient(), survivor := clinic.add_patient())
        clinic.vanish_patient(survivor)
        report = organization.sync()
        assert [
            check
            for check in report.checks
            if not check.passed and check.name not in ("named", "completeness", "merges_have_survivors")
        ] == []
        landed, statuses = payloads(organization)["raw.cliniko_patients"], contact_statuses(organization)
        assert set(statuses) == set(landed) >= {*ids.values(), first, second, nowhere}
        assert {statuses[patient_id] for patient_id in ids.values()} == {"active"}
        for name, patient_id in ids.items():
            for field, sent in self.ODD[name].items():
                stored = sent.replace("\x00", "\ufffd") if isinstance(sent, str) else sent
                assert landed[patient_id][field] == stored, (name, field)
        phones = organization.query(
            """
            SELECT identifier FROM channel_identity_links AS link JOIN contacts AS contact
                 ON contact.organization_id = link.organization_id AND contact.id = link.contact_id
            WHERE link.organization_id = :organization_id AND channel = 'phone' AND cliniko_patient_id = :patient_id
            """,
            patient_id=ids["two numbers in one field"],
        )
        assert {row.identifier for row in phones} == {"+61412345671", "+61293744000"}

    def test_and_the_next_sync_finds_nothing_new_in_them(self, organization: SandboxOrganization) -> None:
        metadata = organization.sync(full=True).metadata
        written = {
            asset: (values["rows_inserted"], values["rows_updated"], values["rows_deleted"])
            for asset, values in metadata.items()
        }
        assert set(written.values()) == {(0, 0, 0)}
