"""Converts estimators: one module per family, each ending in its table of converters."""
