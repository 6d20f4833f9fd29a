"""Selects the winner among the candidates that were tried as graphs."""
