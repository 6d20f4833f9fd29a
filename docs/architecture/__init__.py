"""What docs/architecture.md says in figures, measured again: one module each."""
