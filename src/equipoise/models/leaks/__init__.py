"""Features that know the outcome, named with their evidence, and outcomes dated before the contact.

Start with `find_leaks(task)`: it asks of each feature how well it orders customers alone, when it was
recorded, and what it adds to a model. A model is not asked for: what a leak does to it is shown
after the suspect is named.
"""

from equipoise.models.leaks._finding import LEVEL, Leaks, find_leaks
from equipoise.models.leaks._recorded import check_outcome_dates

__all__ = ["find_leaks", "Leaks", "LEVEL", "check_outcome_dates"]
