"""The automated service: who waits, whose request the first contact settles, and what a queue does.

`waiting` reads what happened, group by group and among requests alike; `queue` puts the requests of a
task into another order, such as that of a model's score, and says who waits longer for it.
"""

from equipoise.models.service._queue import Queue, queue
from equipoise.models.service._requests import requests_of
from equipoise.models.service._waiting import Waiting, waiting

__all__ = ["requests_of", "waiting", "Waiting", "queue", "Queue"]
