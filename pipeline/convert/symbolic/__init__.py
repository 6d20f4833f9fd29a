"""Columns and frames as functions of the raw inputs."""
