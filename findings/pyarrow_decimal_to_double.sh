#!/usr/bin/env bash
# decimal128 to double in pyarrow 25.0.1 (`cast`), as Parquet files of databases have it.
#
# Guess: the cast gives the double nearest to the decimal number, as float(Decimal(...)) and every
#   parser of "12.12" do: two decimals and sixteen digits leave no doubt.
# Seen: the whole digits are taken as a double and divided or multiplied by a rounded power of ten:
#   12.12 becomes 12.120000000000001. Of the amounts from 0.01 to 999.99 one in seven is a unit in
#   the last place off, so the same table from CSV and from Parquet holds other numbers, and a
#   tree's threshold may lie between the two.
# So: our reader takes the decimals' digits, and gets the doubles that a CSV of them gives.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pyarrow==25.0.1 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

import pyarrow as pa

amounts = [Decimal(cents).scaleb(-2) for cents in range(1, 100_000)]
cast = pa.array(amounts, pa.decimal128(12, 2)).cast(pa.float64()).to_pylist()
off = [(exact, got) for exact, got in zip(amounts, cast, strict=True) if got != float(exact)]
print(f"12.12 is {dict(zip(amounts, cast))[Decimal('12.12')]!r}")
print(f"{len(off):,} of {len(amounts):,} amounts are not the nearest double")
assert len(off) > 1000
PYTHON
