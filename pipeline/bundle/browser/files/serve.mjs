// Serves the files of this bundle, and no other, at 127.0.0.1: `node serve.mjs [PORT]`.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";

const TYPES = { ".html": "text/html; charset=utf-8", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };
const read = (name) => readFileSync(new URL(name, import.meta.url));
const listed = (name, folder) => String(read(name)).trimEnd().split("\n").map((line) => folder + line.split("  ")[1]);
const names = new Set(["SHA256SUMS", ...listed("SHA256SUMS", ""), ...listed("runtime.sha256", "runtime/")]);

const server = createServer((request, response) => {
  const name = new URL(request.url, "http://127.0.0.1").pathname.slice(1) || "index.html";
  if (!names.has(name)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "cache-control": "no-cache" });
  response.end(read(name));
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
