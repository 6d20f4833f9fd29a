"""Retrains a model on new data, and promotes it only if it is no worse."""
