import pytest

pytest.register_assert_rewrite("contact_hub_tests.identity.attachment.cases")
