// Copies the three files of onnxruntime-web that score, of the 150 MB that npm installs, to runtime/.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const FROM = new URL("node_modules/onnxruntime-web/dist/", import.meta.url);
const TO = new URL("runtime/", import.meta.url);

mkdirSync(TO, { recursive: true });
for (const line of readFileSync(new URL("runtime.sha256", import.meta.url), "utf8").trimEnd().split("\n")) {
  const [expected, name] = line.split("  ");
  const content = readFileSync(new URL(name, FROM));
  const found = createHash("sha256").update(content).digest("hex");
  if (found !== expected) throw new Error(`${name}: got sha256 ${found}, expected ${expected}, that of onnxruntime-web as package.json pins it`);
  writeFileSync(new URL(name, TO), content);
}
