"""Trains with PyCaret: set-up, parallel model comparison, ensembles, final fit."""
