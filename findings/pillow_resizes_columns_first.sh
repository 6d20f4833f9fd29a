#!/usr/bin/env bash
# Image.resize of Pillow 13.0.0, in both directions at once.
#
# Guess: rows are resampled first, then columns, whatever the sizes, so that a resize is the same as
#   two of one direction each, in that order.
# Seen: where the height shrinks much more than the width, which may even grow, columns come first.
#   Bytes are rounded after each direction, so the order shows: by 24 of 255 below with a bicubic
#   filter on noise.
# So: a graph that resizes as Pillow does agrees within a step on photographs, and not bit by bit
#   for every shape; which order a reference takes is part of what is measured.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0 numpy==1.26.4 2>/dev/null
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
from PIL import Image

BICUBIC = Image.Resampling.BICUBIC


def measure(height, width, to):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    at_once = np.asarray(picture.resize(to, BICUBIC), int)
    rows_first = picture.resize((to[0], height), BICUBIC).resize(to, BICUBIC)
    columns_first = picture.resize((width, to[1]), BICUBIC).resize(to, BICUBIC)
    return [int(abs(at_once - np.asarray(each, int)).max()) for each in (rows_first, columns_first)]


wide, high = measure(60, 60, (30, 50)), measure(114, 4, (38, 107))
print("60x60 to 50x30: off rows first, columns first:", wide)
print("114x4 to 107x38: off rows first, columns first:", high)
assert wide[0] == 0
assert wide[1] > 0
assert high[0] > 10
assert high[1] == 0
PYTHON
