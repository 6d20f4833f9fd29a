"""Scores files batch by batch; output is written whole or not at all."""
