"""Manages model versions and aliases in MLflow's registry."""
