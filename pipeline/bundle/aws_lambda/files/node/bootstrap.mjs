// Asks a Runtime API for events and posts what the handler answers, as the runtime in AWS Lambda does.

import { pathToFileURL } from "node:url";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

async function post(path, content) {
  await fetch(`${api}/${path}`, { method: "POST", body: JSON.stringify(content) });
}

function told(error) {
  return { errorType: error?.name ?? "Error", errorMessage: error?.message ?? String(error) };
}

let handler;
try {
  ({ handler } = await import(pathToFileURL(`${process.env.LAMBDA_TASK_ROOT}/handler.mjs`)));
} catch (error) {
  await post("init/error", told(error));
  process.exit(1);
}
for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  try {
    await post(`invocation/${id}/response`, await handler(await next.json()));
  } catch (error) {
    await post(`invocation/${id}/error`, told(error));
  }
}
