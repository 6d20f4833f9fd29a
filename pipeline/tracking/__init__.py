"""Stage 5's parts: the store, the record of a run, and what is sent to MLflow."""
