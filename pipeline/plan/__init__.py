"""Says what converts before anything is trained."""
