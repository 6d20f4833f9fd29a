"""Replays a model's proof on every runtime that this machine has, and says where it differs."""
