"""Serves models of this project with MLflow's server."""
