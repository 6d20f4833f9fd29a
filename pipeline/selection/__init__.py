"""The choice: candidates tried as graphs, the best one sealed."""
