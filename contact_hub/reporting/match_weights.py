"""A chart of a linkage model: what each level of each field adds to the weight of a pair."""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from contact_hub.linkage.fields import IN_WORDS, LEVELS
from contact_hub.linkage.model import SAME, UNRELATED, LinkageModel
from contact_hub.reporting.charts import COLOURS, STYLE


def level_weights(model: LinkageModel) -> list[tuple[str, str, float]]:
    """Field, level in words, and log2 P(level | same person) / P(level | unrelated), in bits; *missing* adds nothing."""
    return [
        (
            field,
            IN_WORDS[field][level],
            float(np.log2(model.chances[field][SAME, level] / model.chances[field][UNRELATED, level])),
        )
        for field, levels in LEVELS.items()
        for level in levels.values()
        if level
    ]


def match_weights_chart(model: LinkageModel) -> bytes:
    """The weights as a PNG: a bar a level, by field; the same model gives the same bytes."""
    weights = level_weights(model)
    fields = list(LEVELS)
    with matplotlib.rc_context({**STYLE, "axes.grid.axis": "x"}):
        figure = Figure(figsize=(8, 8.2), layout="constrained", dpi=80)
        sizes = [len(LEVELS[field]) - 1 for field in fields]
        rows = figure.subplots(len(fields), 1, sharex=True, height_ratios=sizes)
        for axes, field in zip(rows, fields, strict=True):
            levels = [(says, bits) for name, says, bits in weights if name == field]
            colours = [COLOURS[2] if bits > 0 else COLOURS[5] for _, bits in levels]
            bars = axes.barh([says for says, _ in levels], [bits for _, bits in levels], color=colours, height=0.7)
            axes.bar_label(bars, fmt="%+.1f", padding=3, fontsize=8)
            axes.invert_yaxis()
            axes.axvline(0, color="#6b7280", linewidth=0.8)
            axes.set_title(field.replace("_", " "), loc="left", fontweight="bold", fontsize=9)
            axes.margins(x=0.12)
        figure.supxlabel("bits: +1 doubles the odds that a pair is one person and not strangers, -1 halves them", fontsize=9)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
