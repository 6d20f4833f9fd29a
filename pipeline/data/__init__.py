"""Reads tables of any format and checks them; returns frames with plain dtypes."""
