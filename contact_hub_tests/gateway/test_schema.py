"""The OpenAPI document against the gateway: whatever it allows, and much that it does not, is answered as it says."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from contact_hub.gateway import create_app
from contact_hub_tests.gateway.support import Clinic
from contact_hub_tests.gateway.test_isolation import nowhere

EXAMPLES = 12
SCHEMA = schemathesis.openapi.from_dict(create_app(nowhere()).openapi())
OPERATIONS = {f"{one.method} {one.path}": one for found in SCHEMA.get_all_operations() if (one := found.ok())}
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


@pytest.mark.parametrize("mode", MODES, ids=["allowed", "not allowed"])
@pytest.mark.parametrize("label", [label for label in OPERATIONS if "/v1/" in label])
def test_every_answer_is_one_that_the_document_knows(clinic: Clinic, label: str, mode: Any) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        case.path_parameters["organization_id"] = clinic.organization_id
        case.headers["Authorization"] = f"Bearer {clinic.token}"
        case.validate_response(case.call(base_url=clinic.gateway.url), checks=CHECKS)

    check()
