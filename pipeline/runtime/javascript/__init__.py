"""Feeds, answers and the replay of a proof in JavaScript: for Node.js and for pages alike."""

from pathlib import Path

JAVASCRIPT = Path(__file__).parent
