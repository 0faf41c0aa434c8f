"""The chart of match weights: numbers by hand, a picture, and the same bytes twice."""

import pandas as pd
import pytest

from contact_hub.linkage import deduplicate
from contact_hub.linkage.fields import SIZES
from contact_hub.reporting.match_weights import level_weights, match_weights_chart


def test_every_level_has_its_weight_and_the_picture_is_one() -> None:
    model = deduplicate(pd.DataFrame({"record_id": ["a"], "given_name": ["Ann"]})).model
    weights = {(field, says): bits for field, says, bits in level_weights(model)}
    assert len(weights) == sum(SIZES) - len(SIZES)
    same, unrelated = model.chances["date_of_birth"][0, 4], model.chances["date_of_birth"][3, 4]
    assert 2 ** weights["date_of_birth", "different"] == pytest.approx(same / unrelated)
    assert weights["phone", "the same"] > 10 > 0 > weights["phone", "different"]
    picture = match_weights_chart(model)
    assert picture.startswith(b"\x89PNG")
    assert match_weights_chart(model) == picture
