"""Scripts that print ratios against the alternative in the same run."""
