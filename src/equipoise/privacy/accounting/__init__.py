"""What releases cost together: exact calibration, composition, and a ledger that refuses an overspend."""

from equipoise.privacy.accounting._gaussian import gaussian_delta, gaussian_mu

__all__ = ["gaussian_delta", "gaussian_mu"]
