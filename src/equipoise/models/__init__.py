"""What is predicted: who is likely to respond, to buy, or to leave."""

from equipoise.models._propensity import PROPENSITY_MODELS, out_of_fold, propensity

__all__ = ["PROPENSITY_MODELS", "out_of_fold", "propensity"]
