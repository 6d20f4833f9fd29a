"""The model leaves Python: a folder that scores on another runtime, with its proof inside."""
