"""What becomes of a retraining, told to people and machines: summary, alert and health file."""
