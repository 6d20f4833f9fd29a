"""Trains, exports, proves, logs and registers a model."""
