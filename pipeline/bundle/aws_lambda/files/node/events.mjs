// Answers an event of AWS Lambda with predictions: always a status and JSON, never a stack trace.

/** What Lambda takes and gives in one call. */
export const MOST_BYTES = 6291456;

class EventError extends Error {
  constructor(status, message, place = {}) {
    super(message);
    Object.assign(this, { status, content: { error: message, ...place } });
  }
}

/**
 * The predictions of an event's rows. An event is {"rows": [...]} or a list of rows; or a request of API
 * Gateway or a function URL whose body is such JSON, which is then answered as a response.
 */
export async function answerEvent(event, scorer) {
  const isRequest = isObject(event) && ("requestContext" in event || "body" in event);
  try {
    const rows = readRows(isRequest ? readBody(event) : event);
    const answer = wrap(200, { predictions: await predictRows(scorer, rows) }, isRequest);
    const size = JSON.stringify(answer).length;
    if (size > MOST_BYTES) throw new EventError(413, `the answer has ${size} bytes, expected at most ${MOST_BYTES}`);
    return answer;
  } catch (error) {
    if (error instanceof EventError) return wrap(error.status, error.content, isRequest);
    console.error(String(error?.stack ?? error));
    return wrap(500, { error: `scoring failed: ${error?.name ?? "Error"}` }, isRequest);
  }
}

function wrap(status, content, isRequest) {
  if (!isRequest) return { statusCode: status, ...content };
  return { statusCode: status, headers: { "content-type": "application/json" }, body: JSON.stringify(content) };
}

function readBody(request) {
  let body = request.body;
  if (typeof body !== "string") throw new EventError(400, `got a body of ${kind(body)}, expected JSON text`);
  if (body.length > MOST_BYTES) throw new EventError(413, `got ${body.length} bytes, expected at most ${MOST_BYTES}`);
  try {
    if (request.isBase64Encoded === true) body = decode(body);
    return JSON.parse(body);
  } catch (error) {
    throw new EventError(400, `the body is no JSON: ${error.message.toWellFormed()}`);
  }
}

function decode(body) {
  const bytes = Buffer.from(body, "base64");
  if (bytes.toString("base64") !== body) throw new Error("got what is no base64");
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function readRows(payload) {
  const rows = isObject(payload) ? payload.rows : payload;
  if (!Array.isArray(rows)) throw new EventError(400, `got ${kind(rows)}, expected {"rows": [...]} or a list of rows`);
  rows.forEach((row, place) => {
    if (!isObject(row)) throw new EventError(400, `row ${place + 1}: got ${kind(row)}, expected an object`, { row: place + 1 });
  });
  return rows;
}

async function predictRows(scorer, rows) {
  const names = scorer.manifest.inputs.map(({ name }) => name);
  rows.forEach((row, place) => demand(row, names, place + 1));
  try {
    return await scorer.predict(rows);
  } catch (error) {
    if (error.name !== "CellError") throw error;
    throw new EventError(400, error.message.toWellFormed(), { row: error.row, column: error.column });
  }
}

function demand(row, names, number) {
  for (const column of names) {
    if (!Object.hasOwn(row, column)) {
      throw new EventError(400, `row ${number}: the column ${JSON.stringify(column)} is missing`, { row: number, column });
    }
  }
  const known = new Set(names);
  const column = Object.keys(row).find((name) => !known.has(name))?.toWellFormed();
  if (column !== undefined) {
    throw new EventError(400, `row ${number}: got the column ${JSON.stringify(column)}, which the model does not take`, { row: number, column });
  }
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function kind(value) {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "a list";
  return { object: "an object", string: "text", boolean: "a boolean" }[typeof value] ?? "a number";
}
