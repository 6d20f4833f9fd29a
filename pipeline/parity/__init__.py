"""Stage 4's parts: hostile rows, PyCaret's answers, and what counts as the same prediction."""
