"""What travels with a model; onnxruntime and numpy only."""
