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
    rows: list[tuple[str, float | None]] = []  # a field's name, then its levels
    for field, level, bits in level_weights(model):
        name = field.replace("_", " ")
        if (name, None) not in rows:
            rows.append((name, None))
        rows.append((level, bits))
    bars = {place: bits for place, (_, bits) in enumerate(rows) if bits is not None}
    # One set of axes for all fields: a set for each would take three times as long, and a clinic's first import waits for it.
    with matplotlib.rc_context({**STYLE, "axes.grid.axis": "x", "axes.spines.left": False, "ytick.major.size": 0}):
        figure = Figure(figsize=(8, 8.2), layout="constrained", dpi=80)
        axes = figure.add_subplot()
        colours = [COLOURS[2] if bits > 0 else COLOURS[5] for bits in bars.values()]
        drawn = axes.barh(list(bars), list(bars.values()), color=colours, height=0.7)
        axes.bar_label(drawn, fmt="%+.1f", padding=3, fontsize=8)
        axes.axvline(0, color="#6b7280", linewidth=0.8)
        axes.set_yticks(range(len(rows)), [says for says, _ in rows])
        for place, label in enumerate(axes.get_yticklabels()):
            label.set_fontweight("normal" if place in bars else "bold")
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.margins(x=0.12)
        figure.supxlabel("bits: +1 doubles the odds that a pair is one person and not strangers, -1 halves them", fontsize=9)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
