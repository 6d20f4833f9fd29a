"""Shared by all commands: options, logging, progress on a terminal."""
