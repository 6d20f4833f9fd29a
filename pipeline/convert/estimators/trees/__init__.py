"""Trees: a module for each library, and what they share."""
