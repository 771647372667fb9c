"""The notebooks' helpers: check an answer, take a hint, see a solution after an attempt.

Checks judge properties on draws that the learner has not seen; the privacy check attacks the
learner's own mechanism. Nothing here raises because an exercise is not done.
"""

from equipoise.course._desk import EXERCISES, check, hint, solution, task
from equipoise.course._exercise import Exercise, Verdict

__all__ = ["task", "check", "hint", "solution", "EXERCISES", "Exercise", "Verdict"]
