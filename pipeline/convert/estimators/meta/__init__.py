"""Converts models made of other models."""
