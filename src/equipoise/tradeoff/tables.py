"""Policies as text, for pages and terminals."""

from equipoise.tradeoff._tables import policies_table, profits_table

__all__ = ["policies_table", "profits_table"]
