"""Stage 2's parts: PyCaret set up, its models compared by forked workers, the winner checked."""
