"""Explanations of a mismatch, one proof per module."""
