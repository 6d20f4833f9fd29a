// The function: opens the model once per cold start, after every file was held against SHA256SUMS.
// {"verify": true}, which no request over HTTP can be, replays the proof where the function runs.

import { spawnSync } from "node:child_process";

import { answerEvent } from "./events.mjs";
import { Scorer } from "./scorer.mjs";

const scorer = await Scorer.open();

/** Predictions of the event's rows; see events.mjs. */
export async function handler(event) {
  if (event?.verify === true && Object.keys(event).length === 1) return { statusCode: 200, verified: replayProof() };
  return answerEvent(event, scorer);
}

/** What verify.mjs found; throws where anything differs, so that the invocation counts as failed. */
function replayProof() {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["verify.mjs"], { cwd: import.meta.dirname, encoding: "utf8" });
  if (status !== 0) throw new Error(`verify ended with ${status}: ${stdout}${stderr}`.slice(0, 4000));
  return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}
