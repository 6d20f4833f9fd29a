"""Decides whether a challenger may replace the champion, on rows that no model is trained on."""
