"""Adopts a model that was trained elsewhere: one graph, proven against its own framework."""
