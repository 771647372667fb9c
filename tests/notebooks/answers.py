"""What learners type, and what the check must say: state, then the misconception if it is one.

The code is the whole answer as it would stand in the cell, without the check.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    lesson: str
    exercise: str
    code: str
    state: str
    misconception: str = ""


CASES = [
    Case(
        "03_left_out",
        "3a",
        "def rate(y_true, y_pred):\n    return y_pred.mean()",
        "Wrong",
        "parity means benefit",
    ),
    Case(
        "03_left_out",
        "3a",
        "def rate(y_true, y_pred):\n    return y_true[y_pred == 1].mean()",
        "Wrong",
        "precision for reach",
    ),
    Case("03_left_out", "3a", "def rate(y_true, y_pred):\n    return 1 / 0", "Wrong"),
    Case(
        "03_left_out",
        "3a",
        "def rate(y_true, y_pred):\n    return y_pred[y_true == 1].mean()",
        "Right",
    ),
    Case(
        "07_balance",
        "7a",
        "def private_count(answers, epsilon, rng):\n    return answers.sum()",
        "Wrong",
        "aggregated is safe",
    ),
    Case(
        "07_balance",
        "7a",
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + rng.laplace(scale=epsilon)",
        "Wrong",
        "epsilon is the noise",
    ),
    Case(
        "07_balance",
        "7a",
        "import numpy as np\n"
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + np.random.default_rng(0).laplace(scale=1 / epsilon)",
        "Wrong",
        "the seed may be public",
    ),
    Case(
        "07_balance",
        "7a",
        "def private_count(answers, epsilon, rng):\n"
        "    return answers.sum() + rng.laplace(scale=1 / epsilon)",
        "Right",
    ),
]
