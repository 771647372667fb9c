"""A picture of what an epsilon lets somebody learn."""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from typing import Any

import pandas as pd

from equipoise.charts._picture import MARKS, Picture, look, picture
from equipoise.charts._tradeoff import epsilon_text

__all__ = ["draw_epsilon"]

QUESTIONS = {"presence": "is the person in the table?", "values": "what do the data say?"}
STROKES = {"presence": "-", "values": "--"}
AXIS = (1e-6, 1e6)


def draw_epsilon(rows: pd.DataFrame, *, marked: float | None = None) -> Picture:
    """Draw the largest advantage and the largest suspicion after a release, against epsilon.

    Parameters
    ----------
    rows : DataFrame
        `epsilon, question, prior, posterior, exception, advantage`, as `read_epsilon` returns them.
        What lies off the axis, an infinite epsilon above all, is named in the caption.
    marked : float, optional
        An epsilon to draw a line at.
    """
    priors = sorted(rows["prior"].unique(), reverse=True)
    questions = list(dict.fromkeys(rows["question"]))
    asked, drawn = rows[rows["question"] == questions[0]], rows[rows["epsilon"].between(*AXIS)]

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        for number, question in enumerate(questions):
            line = drawn[(drawn["question"] == question) & (drawn["prior"] == priors[0])]
            _line(left, line, "advantage", number, STROKES[question], QUESTIONS[question])
        left.set_title("Largest advantage of any attack", fontsize=10)
        for number, prior in enumerate(priors):
            line = drawn[(drawn["question"] == questions[0]) & (drawn["prior"] == prior)]
            label = f"before: {100 * prior:.10g} in 100"
            _line(right, line, "posterior", number + 2, STROKES[questions[0]], label)
        right.set_title(f"Largest suspicion: {QUESTIONS[questions[0]]}", fontsize=10)
        left.set_ylabel("hits less false alarms")
        right.set_ylabel("chance after the release")
        for axis in (left, right):
            _frame(axis, drawn["epsilon"], marked)
            axis.legend(frameon=False, fontsize=9, loc="upper left")

    return picture(
        draw,
        size=(9.5, 4.0),
        alt=_told(asked, priors, marked),
        caption=(
            "Limits for every attack and whatever else is known; a certain attack may gain less. "
            f"{_exception(asked)}An advantage of 0 is guessing, 1 is "
            f"certainty. {_off_the_axis(rows)}The table beside it has every figure."
        ),
    )


def _line(
    axis: Any, line: pd.DataFrame, measure: str, number: int, stroke: str, label: str
) -> None:
    ink, mark = look(number)
    axis.plot(
        line["epsilon"], line[measure], color=ink, marker=MARKS[mark], markersize=4, linewidth=1.2,
        linestyle=stroke, label=label,
    )  # fmt: skip


def _frame(axis: Any, epsilons: pd.Series, marked: float | None) -> None:
    low, high = epsilons.min(), epsilons.max()
    ticks = [tick for power in range(-6, 7) if low <= (tick := 10.0**power) <= high]
    axis.set_xscale("log")
    axis.set_xticks(ticks, [epsilon_text(tick) for tick in ticks])
    axis.set_xlabel("epsilon (left: more privacy)")
    axis.set_ylim(0, 1.02)
    axis.grid(axis="y", color="#e3e7eb")
    axis.set_axisbelow(True)
    if marked is not None and low <= marked <= high:
        axis.axvline(marked, color="#444444", linewidth=1, linestyle=":")
        axis.annotate(
            epsilon_text(marked),
            (marked, 1.0),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=9,
        )


def _told(asked: pd.DataFrame, priors: list[float], marked: float | None) -> str:
    shown = asked.loc[asked["epsilon"].between(*AXIS), "epsilon"]
    ends = shown.min(), shown.max()
    parts = []
    for epsilon in ends if marked is None else (marked,):
        at = asked[asked["epsilon"] == epsilon].set_index("prior")
        rises = ", ".join(f"from {p:.10g} to {_at_most(at.loc[p, 'posterior'])}" for p in priors)
        parts.append(
            f"At epsilon {epsilon:g} the advantage is at most {_at_most(at['advantage'].iloc[0])} and a "
            f"suspicion can rise {rises}."
        )
    return (
        f"Largest advantage of an attack and largest suspicion after a release, against epsilon from "
        f"{ends[0]:g} to {ends[1]:g}; neither falls. {' '.join(parts)} {_exception(asked)}"
    ).rstrip()


def _exception(asked: pd.DataFrame) -> str:
    rare = asked["exception"].max()
    if rare >= 1:
        return "Delta is so large that nothing limits a suspicion. "
    if rare > 0:
        return (
            f"Delta allows exceptions: in a share of at most {_at_most(rare)} of the releases a suspicion "
            "may rise further, up to certain. "
        )
    return ""


def _off_the_axis(rows: pd.DataFrame) -> str:
    epsilons = rows.loc[~rows["epsilon"].between(*AXIS), "epsilon"].unique()
    return (
        f"Off the axis: epsilon {', '.join(map(epsilon_text, epsilons))}. " if len(epsilons) else ""
    )


def _at_most(limit: float) -> str:
    """Write three digits of a limit, rounded up, so that it stays true."""
    # Twelve digits first: 0.668 may be a little more as a float.
    plain = Decimal(f"{limit:.12g}")
    return f"{float(Context(prec=3, rounding=ROUND_CEILING).plus(plain)):g}"
