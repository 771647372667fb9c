"""A picture of what an epsilon lets somebody learn."""

from __future__ import annotations

from typing import Any

import pandas as pd

from equipoise.charts._picture import MARKS, Picture, look, picture
from equipoise.charts._tradeoff import epsilon_text

__all__ = ["draw_epsilon"]

QUESTIONS = {"presence": "is the person in the table?", "values": "what do the data say?"}
STROKES = {"presence": "-", "values": "--"}


def draw_epsilon(rows: pd.DataFrame, *, marked: float | None = None) -> Picture:
    """Draw the largest advantage and the largest suspicion after a release, against epsilon.

    Parameters
    ----------
    rows : DataFrame
        `epsilon, question, prior, posterior, advantage`, as `read_epsilon` returns them.
    marked : float, optional
        An epsilon to draw a line at.
    """
    priors = sorted(rows["prior"].unique(), reverse=True)
    questions = list(dict.fromkeys(rows["question"]))

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        for number, question in enumerate(questions):
            line = rows[(rows["question"] == question) & (rows["prior"] == priors[0])]
            _line(left, line, "advantage", number, STROKES[question], QUESTIONS[question])
        left.set_title("Largest advantage of any attack", fontsize=10)
        for number, prior in enumerate(priors):
            line = rows[(rows["question"] == questions[0]) & (rows["prior"] == prior)]
            label = f"before: {100 * prior:g} in 100"
            _line(right, line, "posterior", number + 2, STROKES[questions[0]], label)
        right.set_title(f"Largest suspicion: {QUESTIONS[questions[0]]}", fontsize=10)
        left.set_ylabel("hits less false alarms")
        right.set_ylabel("chance after the release")
        for axis in (left, right):
            _frame(axis, rows["epsilon"], marked)
            axis.legend(frameon=False, fontsize=9, loc="upper left")

    return picture(
        draw,
        size=(9.5, 4.0),
        alt=_told(rows, questions[0], priors, marked),
        caption=(
            "Limits that hold for every attack and whatever else is known; a certain attack may gain "
            "less. An advantage of 0 is guessing, 1 is certainty. The table beside it has every figure."
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
    ticks = [tick for tick in (0.01, 0.1, 1.0, 10.0) if epsilons.min() <= tick <= epsilons.max()]
    axis.set_xscale("log")
    axis.set_xticks(ticks, [epsilon_text(tick) for tick in ticks])
    axis.set_xlabel("epsilon (left: more privacy)")
    axis.set_ylim(0, 1.02)
    axis.grid(axis="y", color="#e3e7eb")
    axis.set_axisbelow(True)
    if marked is not None:
        axis.axvline(marked, color="#444444", linewidth=1, linestyle=":")
        axis.annotate(
            epsilon_text(marked),
            (marked, 1.0),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=9,
        )


def _told(rows: pd.DataFrame, question: str, priors: list[float], marked: float | None) -> str:
    asked = rows[rows["question"] == question]
    ends = asked["epsilon"].min(), asked["epsilon"].max()
    parts = []
    for epsilon in ends if marked is None else (marked,):
        at = asked[asked["epsilon"] == epsilon].set_index("prior")
        rises = ", ".join(f"from {p:.3g} to {at.loc[p, 'posterior']:.3g}" for p in priors)
        parts.append(
            f"At epsilon {epsilon:g} the advantage is at most {at['advantage'].iloc[0]:.3g} and a "
            f"suspicion can rise {rises}."
        )
    return (
        f"Largest advantage of an attack and largest suspicion after a release, against epsilon from "
        f"{ends[0]:g} to {ends[1]:g}; both rise throughout. {' '.join(parts)}"
    )
