"""Bearer tokens: several at once, revocable at once, of one clinic alone, and nowhere to be read."""

import re
import time

import pytest
from sqlalchemy import text

from contact_hub.errors import ConfigurationError
from contact_hub.gateway.token_owners import REMEMBERED_S
from contact_hub.store.organizations import Organization, disable, register
from contact_hub.store.tokens import TOKEN, create_token, organization_of, revoke_token, tokens
from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.gateway.support import Clinic, assert_accepted, assert_problem

IDENTIFIER = {"channel": "phone", "identifier": "0412345678"}


def token_id(token: str) -> str:
    match = TOKEN.fullmatch(token)
    assert match is not None
    return match[1]


def test_several_tokens_are_valid_at_once_and_each_ends_by_itself(clinic: Clinic) -> None:
    with clinic.database.transaction() as connection:
        second = create_token(connection, clinic.organization_id, "second")
    assert second != clinic.token
    path = clinic.path("/contacts/lookup")
    for token in (clinic.token, second):
        answer = clinic.gateway.get(path, params=IDENTIFIER, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
    with clinic.database.transaction() as connection:
        revoke_token(connection, clinic.organization_id, token_id(clinic.token))
    assert_problem(clinic.post("/events", EVENT), 401)
    time.sleep(REMEMBERED_S)
    assert_problem(clinic.get("/contacts/lookup", params=IDENTIFIER), 401)
    answer = clinic.gateway.get(path, params=IDENTIFIER, headers={"Authorization": f"Bearer {second}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic {token}",
        "{token}",
        "Bearer {token} x",
        "Bearer {token},{token}",
        "Bearer {token}0",
        "Bearer {token_without_end}",
        "Bearer {upper}",
        "Bearer ch_000000000000_" + "0" * 64,
        "Bearer ch__",
        "Bearer \xff\xfe",
        "Bearer " + "a" * 20_000,
        "Bearer ' OR 1=1 --",
    ],
)
def test_a_malformed_header_is_refused(clinic: Clinic, header: str) -> None:
    known = {"token": clinic.token, "token_without_end": clinic.token[:-1], "upper": clinic.token.upper()}
    headers = {"Authorization": header.format(**known).encode("latin-1")}
    for answer in (
        clinic.gateway.get(clinic.path("/contacts/lookup"), params=IDENTIFIER, headers=headers),
        clinic.gateway.post(clinic.path("/events"), json=EVENT, headers=headers),
    ):
        document = assert_problem(answer, 401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "ch_" not in document["detail"]
    assert clinic.left() == {}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_schemes_case_does_not_matter(clinic: Clinic, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {clinic.token}"}
    assert_accepted(clinic.gateway.post(clinic.path("/events"), json=EVENT, headers=headers), 1)


def test_two_authorizations_are_none(clinic: Clinic) -> None:
    lines = f"Authorization: Bearer {clinic.token}\r\n" * 2
    target = clinic.path("/contacts/lookup?channel=phone&identifier=1")
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\n{lines}Connection: close\r\n\r\n"
    assert clinic.gateway.raw(request.encode()).startswith(b"HTTP/1.1 401 ")


def test_a_disabled_and_an_unknown_clinic_answer_as_a_wrong_token_does(clinic: Clinic, other_clinic: Clinic) -> None:
    def said(path: str) -> tuple[int, str]:
        answer = clinic.gateway.post(path, json=EVENT, headers=clinic.bearer)
        return answer.status_code, answer.text

    wrong = said(other_clinic.path("/events"))
    with clinic.database.transaction() as connection:
        disable(connection, clinic.organization_id)
    answers = {said(clinic.path("/events")), said("/v1/org_nobody/events"), said("/v1/Not%20a%20slug/events"), wrong}
    assert len(answers) == 1
    assert wrong[0] == 401
    with clinic.database.transaction() as connection:
        register(connection, Organization(clinic.organization_id, "A clinic", "Australia/Sydney", "AU", None))
    assert_accepted(clinic.post("/events", EVENT), 1)


def test_only_a_hash_is_stored(clinic: Clinic) -> None:
    with clinic.database.reading() as connection:
        stored = connection.execute(text("SELECT string_agg(t::text, '') FROM gateway_tokens AS t")).scalar_one()
        (known,) = tokens(connection, clinic.organization_id)
    secret = clinic.token.rpartition("_")[2]
    assert secret not in stored
    assert re.fullmatch("[0-9a-f]{64}", secret)
    assert (known.token_id, known.name, known.revoked_at) == (token_id(clinic.token), "of the tests", None)
    assert secret not in repr(known)


def test_the_store_knows_whose_a_token_is(clinic: Clinic) -> None:
    with clinic.database.transaction() as connection:
        assert organization_of(connection, clinic.token) == (clinic.organization_id, token_id(clinic.token))
        for wrong in ("", "ch_", clinic.token + "\n", clinic.token[:-1] + "\x00", "\ud800" * 80):
            assert organization_of(connection, wrong) is None
        with pytest.raises(ConfigurationError, match="no organization"):
            create_token(connection, "org_nobody")
        with pytest.raises(ConfigurationError, match="one line"):
            create_token(connection, clinic.organization_id, "two\nlines")
        with pytest.raises(ConfigurationError, match="no such token") as raised:
            revoke_token(connection, clinic.organization_id, clinic.token)
        assert clinic.token not in str(raised.value)


def test_a_clinic_cannot_revoke_anothers_token(clinic: Clinic, other_clinic: Clinic) -> None:
    with clinic.database.transaction() as connection, pytest.raises(ConfigurationError):
        revoke_token(connection, clinic.organization_id, token_id(other_clinic.token))
    assert other_clinic.get("/contacts/lookup", params=IDENTIFIER).status_code == 200
