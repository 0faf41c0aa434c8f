"""Why a pair is what it is: a waterfall from the prior over every field to the result, in bits and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from contact_hub.linkage.decisions import REASONS, objections
from contact_hub.linkage.fields import FIELDS, IN_WORDS
from contact_hub.linkage.model import SAME, UNRELATED, LinkageModel
from contact_hub.linkage.scoring import Scores, field_weights


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall. `weight` in bits: +1 doubles the odds, -1 halves them."""

    name: str
    says: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """A pair's waterfall; the weights of `steps` add up to `weight`.

    Attributes:
        steps: the prior, every field, and what households and namesakes explain as well.
        decision: `certain`, `possible` or `none`.
        why_not_certain: reasons in words; empty for a certain pair.
    """

    left_id: Any
    right_id: Any
    steps: tuple[Step, ...]
    weight: float
    probability: float
    decision: str
    why_not_certain: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, for JSON."""
        return {
            "left_id": self.left_id, "right_id": self.right_id, "weight": self.weight, "probability": self.probability,
            "decision": self.decision, "why_not_certain": list(self.why_not_certain),
            "steps": [{"name": step.name, "says": step.says, "weight": step.weight} for step in self.steps],
        }  # fmt: skip

    def __str__(self) -> str:
        width = max(len(step.name) for step in self.steps)
        lines = [f"{step.name:<{width}}  {step.weight:+7.2f}  {step.says}" for step in self.steps]
        lines.append(f"{'result':<{width}}  {self.weight:+7.2f}  probability {self.probability:.4f}: {self.decision}")
        return "\n".join([*lines, *(f"not certain: {reason}" for reason in self.why_not_certain)])


def explain(
    model: LinkageModel, scores: Scores, all_pairs: float, records: int, ids: tuple[Any, Any], together: bool,
    certain: float, possible: float,
) -> Explanation:  # fmt: skip
    """The explanation of the one pair in `scores`."""
    weight = float(scores.log_odds[0] / np.log(2))
    probability = float(1 / (1 + np.exp(-np.clip(scores.log_odds[0], -700, 700))))
    sizes = model.sizes(all_pairs, records)
    prior = float(np.log2(sizes[SAME] / sizes[UNRELATED]))
    steps = [Step("prior", f"one pair in {sizes.sum() / sizes[SAME]:,.0f} is one person", prior)]
    for place, (name, bits) in enumerate(zip(FIELDS, field_weights(model, scores)[0], strict=True)):
        says = IN_WORDS[name][scores.levels[0, place]]
        if place < 2 and abs(scores.name_terms[0, place]) > 0.1:
            says += ", a rare name" if scores.name_terms[0, place] > 0 else ", a common name"
        steps.append(Step(name, says, float(bits)))
    rest = weight - sum(step.weight for step in steps)
    steps.append(Step("relatives and namesakes", "what a household or people of one name explain as well", rest))
    reasons = [REASONS[key] for key, blocks in objections(scores.levels).items() if blocks[0]]
    if probability < certain:
        reasons.insert(0, REASONS["weight"])
    if not together:
        reasons.append(REASONS["cluster"])
    decision = "none" if probability < possible else "possible" if reasons else "certain"
    return Explanation(*ids, tuple(steps), weight, probability, decision, tuple(reasons))
