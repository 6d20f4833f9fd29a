"""Parses and checks configurations: a dataset's spec, a run's settings."""
