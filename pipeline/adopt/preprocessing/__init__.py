"""What a network expects before it, and after it, as operators of its own graph."""
