"""What `python -m pipeline.doctor` looks at: one file per subject, each with a function `check`."""
