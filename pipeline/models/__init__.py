"""The command for registered models."""
