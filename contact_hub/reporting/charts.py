"""The report's charts, as SVG that stands in a page by itself: no script, no font and no picture from elsewhere."""

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

# Okabe and Ito's palette: told apart by people who see fewer colours, and in print.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "contact_hub",  # the same numbers give the same bytes
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e5e7eb",
    "axes.axisbelow": True,
}


def shares_over_time(days: Sequence[date], shares: Mapping[str, Sequence[float]]) -> str:
    """A line a measure, from 0 to 100 %."""
    figure, axes = _axes()
    for colour, (name, values) in zip(COLOURS, shares.items(), strict=False):
        axes.plot(days, values, label=name, color=colour, linewidth=1.8, marker="o", markersize=3 if len(days) < 40 else 0)  # type: ignore[arg-type]
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    _days(axes, days)
    _legend(axes)
    return _svg(figure)


def counts_over_time(days: Sequence[date], counts: Sequence[int]) -> str:
    """One line of counts."""
    figure, axes = _axes()
    axes.plot(days, counts, color=COLOURS[0], linewidth=1.8, marker="o", markersize=3 if len(days) < 40 else 0)  # type: ignore[arg-type]
    axes.fill_between(days, counts, color=COLOURS[0], alpha=0.12)  # type: ignore[arg-type]
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    _days(axes, days)
    return _svg(figure)


def bars(counts: Mapping[str, int], *, as_given: bool = False) -> str:
    """A bar a name, the largest on top, or in the order given."""
    figure, axes = _axes(height=0.5 + 0.32 * max(len(counts), 2))
    ordered = sorted(counts.items(), key=lambda item: (item[1], item[0])) if not as_given else list(counts.items())[::-1]
    drawn = axes.barh([name.replace("_", " ") for name, _ in ordered], [value for _, value in ordered], color=COLOURS[0])
    axes.bar_label(drawn, padding=3)
    axes.set_ylim(-0.6, max(len(counts), 2) - 0.4)
    axes.grid(False)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return _svg(figure)


def stacked_weeks(weeks: Mapping[date, Mapping[str, int]], last: date, number: int) -> str:
    """A bar a week, one colour a channel; weeks without anything are empty, not left out."""
    figure, axes = _axes()
    mondays = [last - timedelta(days=last.weekday(), weeks=ago) for ago in reversed(range(number))]
    channels = sorted({channel for counts in weeks.values() for channel in counts})
    below = [0] * len(mondays)
    for place, channel in enumerate(channels):
        values = [weeks.get(monday, {}).get(channel, 0) for monday in mondays]
        colour = COLOURS[place % len(COLOURS)]
        axes.bar(mondays, values, width=5.5, bottom=below, label=channel, color=colour)  # type: ignore[arg-type]
        below = [one + more for one, more in zip(below, values, strict=True)]
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    _days(axes, mondays)
    if channels:
        _legend(axes)
    return _svg(figure)


def day_strip(days: Mapping[date, bool]) -> str:
    """A square a day: filled where a run came to its end."""
    figure, axes = _axes(height=0.5, width=11.2)
    for place, (_, is_done) in enumerate(days.items()):
        axes.bar(place, 1, width=0.86, color=COLOURS[2] if is_done else "#ffffff", edgecolor=COLOURS[2 if is_done else 5])
    marked = [place for place, day in enumerate(days) if day.weekday() == 0 or len(days) < 8]
    labels = [f"{list(days)[place]:%d %b}" for place in marked]
    axes.set_xticks(marked, labels)
    axes.set_xlim(-0.6, max(len(days), 30) - 0.4)
    axes.yaxis.set_visible(False)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(axis="x", length=0)
    return _svg(figure)


def _axes(height: float = 2.5, width: float = 5.6) -> tuple[Figure, Axes]:
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.add_subplot()


def _days(axes: Axes, days: Sequence[date]) -> None:
    locator = AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    if len(days) == 1:
        axes.set_xlim(days[0] - timedelta(days=3), days[0] + timedelta(days=3))  # type: ignore[arg-type]


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, columnspacing=1.2, handlelength=1.4)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    metadata: dict[str, Any] = {"Date": None, "Creator": None, "Type": None, "Format": None}
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata=metadata)
    drawn = buffer.getvalue()
    return drawn[drawn.index("<svg") :]
