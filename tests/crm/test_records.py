import re

import pytest

from equipoise.exceptions import InputError


def test_an_unknown_task_is_refused_with_the_nearest(clean):
    message = "task must be a known name, got 'offer_respons'. Did you mean 'offer_response'?"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        clean.task("offer_respons")


def test_its_text_names_what_was_done(distorted):
    assert repr(distorted) == (
        "CRM(customers=4000, seed=11, distortions=historical_targeting=0.6:community=B)"
    )


def test_a_world_is_frozen(clean):
    with pytest.raises(AttributeError):
        clean.seed = 2
