#!/usr/bin/env bash
# pyarrow 25.0.1 beside pandera 0.35.0.
#
# Guess: importing a library that validates data frames changes nothing in how pyarrow makes arrays.
# Seen: importing pandera sets the environment variable PYARROW_IGNORE_TIMEZONE for the whole
#   process, and for those that it starts, where it is not set (it is meant for pandas on Spark).
#   From then on pyarrow takes the clock's time of datetime objects for UTC, in an array that still
#   has their zone: 03:00+02:00 becomes 03:00 UTC, shown as 05:00+02:00, without a word.
# So: this project puts the variable back as it was after it has imported pandera.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    pandera==0.35.0 pandas==2.1.4 numpy==1.26.4 pyarrow==25.0.1 2>/dev/null
env -u PYARROW_IGNORE_TIMEZONE "$work/venv/bin/python" -W ignore - <<'PYTHON'
import os
from datetime import datetime, timedelta, timezone

import pyarrow

moment = datetime(2021, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))


def made():
    """Type of an array of the moment, and microseconds since 1970 of its value."""
    array = pyarrow.array([moment])
    return str(array.type), array.cast(pyarrow.timestamp("us")).cast(pyarrow.int64())[0].as_py()


before = made()
import pandera.pandas  # noqa: E402

after = made()
print(f"before: {before}, after: {after}")
assert os.environ["PYARROW_IGNORE_TIMEZONE"] == "1"
assert before == ("timestamp[us, tz=+02:00]", int(moment.timestamp() * 1e6)), before
assert after == (before[0], before[1] + 7_200_000_000), after
PYTHON
