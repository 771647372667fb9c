"""Settings that every test shares."""

from hypothesis import settings

# How long one example takes says nothing about the code.
settings.register_profile("equipoise", deadline=None)
settings.load_profile("equipoise")
