"""Renders words, tables, charts and pages."""
