"""Who is this person, by what is known of them? Partners by indexed keys, then scored with the organization's own model."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import numpy as np
import pandas as pd
from psycopg import Connection as Psycopg

from contact_hub.directory.pool import Pool
from contact_hub.duplicates.block_keys import salt
from contact_hub.duplicates.people import PEOPLE_COLUMNS, PERSON
from contact_hub.errors import ConfigurationError
from contact_hub.identity.emails import normalize_email
from contact_hub.identity.phones import normalize_phone
from contact_hub.linkage import Explanation, LinkageModel, blocking_keys, match
from contact_hub.linkage.fields import FIELDS
from contact_hub.store.database import Database

PERSON_COLUMNS = PEOPLE_COLUMNS[1:]
MOST_CANDIDATES = 30
"""Those that share most keys are scored. Who shares but one key of a common kind is hardly ever the person."""
MOST_TOLD = 20

_REGION_AND_MODEL = """
    SELECT region, (SELECT version FROM linkage_models AS model WHERE model.organization_id = clinic.organization_id
                    ORDER BY made_at DESC, version LIMIT 1)
    FROM organizations AS clinic WHERE organization_id = %s
"""
_MODEL = "SELECT model::text FROM linkage_models WHERE organization_id = %s AND version = %s"
# What the person is reached at is compared with what each candidate is reached at; a golden record has but one of each.
_CANDIDATES = f"""
    WITH held AS (
        SELECT contact_id, bool_or(channel IN ('phone', 'whatsapp')) AS has_phone, bool_or(channel = 'email') AS has_email
        FROM channel_identity_links
        WHERE organization_id = %(organization_id)s
          AND (channel IN ('phone', 'whatsapp') AND identifier = %(phone)s OR channel = 'email' AND identifier = %(email)s)
        GROUP BY contact_id LIMIT 200
    ), alike AS (
        SELECT contact_id, (SELECT count(*) FROM unnest(keys) AS key WHERE key = ANY(%(keys)s)) AS shared
        FROM contact_block_keys WHERE organization_id = %(organization_id)s AND keys && %(keys)s
    ), chosen AS (
        SELECT contact_id, coalesce(has_phone, false) AS has_phone, coalesce(has_email, false) AS has_email,
               coalesce(shared, 0) AS shared
        FROM held FULL JOIN alike USING (contact_id)
    )
    SELECT has_phone, has_email, {PERSON} FROM chosen JOIN contacts ON id = contact_id
    WHERE organization_id = %(organization_id)s AND status = 'active' AND contact_type <> 'household'
    ORDER BY shared + 2 * has_phone::int + 2 * has_email::int DESC, id LIMIT {MOST_CANDIDATES}
"""
_ONE_CLUSTER = """
    SELECT count(*) = cardinality(%(contact_ids)s::uuid[]) AND count(DISTINCT cluster_id) = 1 FROM duplicate_clusters
    WHERE organization_id = %(organization_id)s AND contact_id = ANY(%(contact_ids)s) AND decision = 'certain'
"""


@dataclass(frozen=True)
class Candidate:
    """A contact that may be the person; ``fields``: what each field adds to the weight, in bits."""

    contact_id: UUID
    probability: float
    weight: float
    decision: Literal["certain", "possible"]
    fields: dict[str, float]
    why_not_certain: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """The answer; ``contact_id`` only where it is certain."""

    decision: Literal["certain", "possible", "none"]
    contact_id: UUID | None
    candidates: tuple[Candidate, ...]


class Matcher:
    """Questions about people by their fields. One for a process; safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._pool = Pool(database)
        self._models: dict[str, tuple[str, LinkageModel]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        self._pool.close()

    def match(self, organization_id: str, person: Mapping[str, str | None]) -> Match:
        """Which contact these fields are of.

        Args:
            person: values by :data:`PERSON_COLUMNS`, as people type them.

        Raises:
            ConfigurationError: there is no such organization.
        """
        return self._pool.use(lambda connection: self._match(connection, organization_id, person))

    def _match(self, connection: Psycopg[Any], organization_id: str, person: Mapping[str, str | None]) -> Match:
        found = connection.execute(_REGION_AND_MODEL, (organization_id,)).fetchone()
        if found is None:
            raise ConfigurationError(f"there is no organization {organization_id!r}")
        region, version = found
        candidates = _candidates(connection, organization_id, person, region)
        if candidates.empty:
            return Match("none", None, ())
        model = self._model(connection, organization_id, version)
        scored = [one for one in match(person, candidates, model, region) if one.decision != "none"]
        return _answer(connection, organization_id, scored)

    def _model(self, connection: Psycopg[Any], organization_id: str, version: str | None) -> LinkageModel | None:
        """The organization's model; None (what is known before any data) before its first search for duplicates."""
        if version is None:
            return None
        with self._lock:
            known = self._models.get(organization_id)
        if known is None or known[0] != version:
            row = connection.execute(_MODEL, (organization_id, version)).fetchone()
            assert row is not None, "models are never deleted"
            try:
                known = (version, LinkageModel.from_json(row[0]))
            except ValueError:  # of other fields than are compared now; the next search makes a new one
                return None
            with self._lock:
                self._models[organization_id] = known
        return known[1]


def _candidates(connection: Psycopg[Any], organization_id: str, person: Mapping[str, str | None], region: str) -> pd.DataFrame:
    """Who shares a key or an identifier with the person, as :func:`contact_hub.linkage.match` takes them."""
    keys = blocking_keys(pd.DataFrame([{**person, "record_id": 0}]), region)["key"].to_numpy()
    asked = {"phone": normalize_phone(person.get("phone"), region), "email": normalize_email(person.get("email"))}
    salted = (keys ^ salt(organization_id)).tolist() if len(keys) else []
    parameters = {"organization_id": organization_id, "keys": np.unique(salted).tolist(), **asked}
    rows = connection.execute(_CANDIDATES, parameters).fetchall()
    found = pd.DataFrame([row[2:] for row in rows], columns=list(PEOPLE_COLUMNS), dtype=object)
    for place, name in enumerate(("phone", "email")):
        found.loc[[bool(row[place]) for row in rows], name] = asked[name]
    return found


def _answer(connection: Psycopg[Any], organization_id: str, scored: list[Explanation]) -> Match:
    candidates = tuple(_candidate(one) for one in scored[:MOST_TOLD])
    certain = [one.contact_id for one in candidates if one.decision == "certain"]
    if not certain:
        return Match("possible" if candidates else "none", None, candidates)
    parameters = {"organization_id": organization_id, "contact_ids": certain}
    row = connection.execute(_ONE_CLUSTER, parameters).fetchone() if len(certain) > 1 else (True,)
    if row is None or not row[0]:  # two contacts that are not known to be one person: somebody has to look
        return Match("possible", None, candidates)
    return Match("certain", certain[0], candidates)


def _candidate(explanation: Explanation) -> Candidate:
    by_field = {step.name: round(step.weight, 4) for step in explanation.steps if step.name in FIELDS}
    return Candidate(
        contact_id=explanation.right_id,
        probability=explanation.probability,
        weight=explanation.weight,
        decision=explanation.decision,  # type: ignore[arg-type]
        fields=by_field,
        why_not_certain=explanation.why_not_certain,
    )
