// How fast a Predictor is, from cells to answers.

/** Microseconds for one row (median), milliseconds for 10,000: the given rows, repeated. */
export async function measure(predictor, rows) {
  const batch = Array.from({ length: 10000 }, (_, row) => rows[row % rows.length]);
  const times = [];
  for (let turn = 0; turn < 500; turn += 1) times.push(await timed(predictor, [rows[turn % rows.length]]));
  await timed(predictor, batch);
  return { row_us: times.sort((a, b) => a - b)[250] * 1000, batch_ms: await timed(predictor, batch) };
}

async function timed(predictor, rows) {
  const start = performance.now();
  await predictor.predict(rows);
  return performance.now() - start;
}
