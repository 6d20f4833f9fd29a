"""Scores with a model, and travels with it; onnxruntime and numpy only."""
