"""Stage 3: exports a trained pipeline as one self-describing ONNX file."""
