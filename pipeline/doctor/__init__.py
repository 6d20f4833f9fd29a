"""Diagnoses an installation: one file per subject, each with a function `check`."""
