"""What is to be done: a dataset's spec and a run's settings, checked."""
