"""Stage 3: one trained pipeline in, one self-describing ONNX file out."""
