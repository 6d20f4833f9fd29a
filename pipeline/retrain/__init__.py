"""One retraining: what is told of it while it runs and when it has ended."""
