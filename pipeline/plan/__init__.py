"""The command that says what converts, before anything is trained."""
