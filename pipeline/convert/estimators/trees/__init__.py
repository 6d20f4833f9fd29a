"""Converts trees: a module for each library, and what they share."""
