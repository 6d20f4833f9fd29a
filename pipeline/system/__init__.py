"""Files, processes and signals, independent of any model."""
