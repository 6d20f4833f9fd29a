"""Manages registered models."""
