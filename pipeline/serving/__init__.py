"""A model of this project behind MLflow's server."""
