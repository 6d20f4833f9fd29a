// The function: opens the model once per cold start, after every file was held against SHA256SUMS.
// {"verify": true}, which no request over HTTP can be, replays the proof where the function runs, and fails
// where anything differs; {"verify": "report"} answers with what differs.

import { spawnSync } from "node:child_process";

import { answerEvent } from "./events.mjs";
import { Scorer } from "./scorer.mjs";

const DIFFERS = 5; // how verify.mjs ends then
const scorer = await Scorer.open();

/** Predictions of the event's rows; see events.mjs. */
export async function handler(event) {
  if ([true, "report"].includes(event?.verify) && Object.keys(event).length === 1) {
    return { statusCode: 200, verified: replayProof(event.verify === true) };
  }
  return answerEvent(event, scorer);
}

/** What verify.mjs found; throws where it found nothing, or what must hold differs: the invocation has failed then. */
function replayProof(mustHold) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["verify.mjs"], { cwd: import.meta.dirname, encoding: "utf8" });
  if (status !== 0 && (mustHold || status !== DIFFERS)) throw new Error(`verify ended with ${status}: ${stdout}${stderr}`.slice(0, 4000));
  return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}
