"""What may explain a difference, one proof in each module."""
