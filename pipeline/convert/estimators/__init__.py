"""Stage 3a, estimators: one module per family, each ending in its table of converters."""
