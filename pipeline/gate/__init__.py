"""The gate: rows that no challenger is trained on, and the verdict on them."""
