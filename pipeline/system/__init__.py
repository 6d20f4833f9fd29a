"""Files, processes and signals: knows nothing of models."""
