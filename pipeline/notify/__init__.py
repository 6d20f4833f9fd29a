"""Reports the outcome of a retraining: summary, alerts and health file."""
