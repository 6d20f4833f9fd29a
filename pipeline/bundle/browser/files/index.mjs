// The example: one row as JSON, its answer, and the proof replayed in this browser.

import { isProven, replayCells, replayRows } from "./replay.mjs";
import { Scorer, checked } from "./scorer.mjs";

const $ = (id) => document.getElementById(id);

try {
  const scorer = await Scorer.open();
  const files = await checked();
  const [golden, cases] = ["golden.json", "feed_cases.json"].map((name) => JSON.parse(new TextDecoder().decode(files.get(name))));
  const place = Math.max(golden.kinds.indexOf("table"), 0);
  const row = Object.fromEntries(scorer.manifest.inputs.map(({ name }) => [name, golden.inputs[name][place]]));
  $("row").value = JSON.stringify(row, null, 2);
  $("row").addEventListener("input", () => score(scorer));
  await score(scorer);
  await prove(scorer, golden, cases);
} catch (error) {
  $("proof").textContent = error.message;
  document.body.dataset.state = "refused";
}

async function score(scorer) {
  try {
    const [answer] = await scorer.predict([JSON.parse($("row").value)]);
    $("answer").textContent = JSON.stringify(answer, null, 2);
  } catch (error) {
    $("answer").textContent = error.message;
  }
}

async function prove(scorer, golden, cases) {
  const cells = replayCells(scorer.manifest, cases);
  const rows = await replayRows(scorer, golden);
  const is = isProven(cells, rows, golden);
  $("proof").textContent = `${is ? "Proven in this browser" : "THIS BROWSER ANSWERS OTHERWISE: do not use these predictions"}: ${rows.count} rows, ${rows.flips} labels differ, error ${rows.error}; ${cells.wrong.length} of ${cells.count} cells are read otherwise.`;
  document.body.dataset.state = is ? "proven" : "failed";
}
