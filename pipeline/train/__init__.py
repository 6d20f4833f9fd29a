"""The training command, and the stages of a training."""
