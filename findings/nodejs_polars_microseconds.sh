#!/usr/bin/env bash
# Times of day with microseconds in nodejs-polars 0.18.0, on Node.js 20.
#
# Guess: a datetime column that readCSV made of "2020-01-02T03:04:05.123456" comes out of
#   toRecords() as a JavaScript Date of that moment, to the millisecond.
# Seen: it comes out as a Date in the year 51972: the count of microseconds is taken for
#   milliseconds. And a Series made of BigInt as Int64 holds only nulls.
# So: what a frame of nodejs-polars gives to JavaScript is converted to text inside polars first
#   (cast to Utf8), and read from there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund nodejs-polars@0.18.0 >/dev/null
cat >seen.mjs <<'JS'
import assert from "node:assert";
import pl from "nodejs-polars";

const frame = pl.readCSV("d\n2020-01-02T03:04:05.123456\n", { tryParseDates: true });
const [{ d: moment }] = frame.toRecords();
console.log("as a record:", moment.toISOString());
const text = frame.select(pl.col("d").cast(pl.Utf8)).toRecords()[0].d;
console.log("as text:", text);
const whole = pl.Series("a", [1n, 2n], pl.Int64).toArray();
console.log("BigInt as Int64:", whole);
assert.strictEqual(moment.getUTCFullYear(), 51972);
assert.ok(text.startsWith("2020-01-02 03:04:05.123456"));
assert.deepStrictEqual(Array.from(whole), [null, null]);
JS
node seen.mjs
