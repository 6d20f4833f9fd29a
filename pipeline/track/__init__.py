"""Stage 5: logs a training to MLflow."""
