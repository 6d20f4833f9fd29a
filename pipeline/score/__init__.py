"""The score command's parts: files read batch by batch, and written whole or not at all."""
