// The model page: a form, its prediction, what would change it, and files of rows. Nothing leaves the page.

import { Predictor } from "./answers.mjs";
import { goldenRows, isProven, replayCells, replayRows } from "./replay.mjs";
import { readTable, writeTable } from "./table.mjs";
import { warn } from "./unseen.mjs";
import { open } from "./engine.mjs";

const STEPS = 32;
const CHUNK = 500;
const LISTED = 20;
const DAY = 86400000000000n;
const $ = (id) => document.getElementById(id);

const { manifest, golden, cases, hidden, ...model } = await inflated($("model").textContent);
const predictor = new Predictor(manifest, await open(model));
const inputs = predictor.feeds.inputs;
let turn = 0;

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// --- the form ---------------------------------------------------------------------------------

function drawField(input, place) {
  const id = `field-${place}`;
  const control = drawControl(input, id);
  const message = element("p", { class: "message", id: `${id}-message`, "aria-live": "polite" });
  const box = element("div", { class: "field" }, element("label", { for: id }, input.name), control, message);
  const hint = describe(input);
  if (hint) control.after(element("p", { class: "quiet hint", id: `${id}-hint` }, hint));
  control.setAttribute("aria-describedby", `${id}-message${hint ? ` ${id}-hint` : ""}`);
  const field = { input, control, message, box };
  if (input.kind === "number" && input.known?.minimum < input.known?.maximum) drawSlider(field, id);
  return field;
}

function drawControl(input, id) {
  const categories = input.known?.categories ?? [];
  if (input.kind === "boolean") return choices(id, ["true", "false"].map((word) => [word, word]));
  if (input.kind === "date") {
    const isDay = [input.known?.minimum, input.known?.maximum].every((edge) => edge !== null && edge !== undefined && BigInt(edge) % DAY === 0n);
    return element("input", { id, type: isDay ? "date" : "datetime-local", ...(isDay ? {} : { step: "1" }) });
  }
  if (input.kind === "number") return element("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", placeholder: "missing" });
  if (hidden.includes(input.name) || !categories.length) return element("input", { id, type: "text", autocomplete: "off", placeholder: "missing" });
  if (categories.length <= 50) return choices(id, [["", "missing"], ...categories.map((word) => [word, word])]);
  const list = element("datalist", { id: `${id}-list` }, ...categories.map((word) => element("option", { value: word })));
  document.body.append(list);
  return element("input", { id, type: "text", autocomplete: "off", placeholder: "missing", list: list.id });
}

function choices(id, options) {
  return element("select", { id }, ...options.map(([value, shown]) => element("option", { value }, shown)));
}

/** What training saw of a column. */
function describe({ name, kind, known }) {
  const said = [];
  const missing = manifest.dictionary?.[name]?.missing;
  if (kind === "number" && typeof known?.minimum === "number") said.push(`${short(known.minimum)} to ${short(known.maximum)}`);
  if (kind === "date" && known?.minimum) said.push([known.minimum, known.maximum].map((edge) => new Date(Number(BigInt(edge) / 1000000n)).toISOString().slice(0, 10)).join(" to "));
  if (missing) said.push(`${short(missing * 100)}% missing`);
  if (manifest.required.includes(name)) said.push("required");
  return said.length ? `In training: ${said.join(", ")}` : "";
}

function drawSlider(field, id) {
  const { input, control } = field;
  const { minimum, maximum } = input.known;
  const isWhole = Number.isInteger(minimum) && Number.isInteger(maximum) && maximum - minimum < 1e6;
  const step = isWhole ? 1 : (maximum - minimum) / 200;
  const slider = element("input", { type: "range", min: minimum, max: maximum, step: isWhole ? 1 : "any", "aria-label": `${input.name}, what if` });
  slider.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way || isWhole) return;
    event.preventDefault();
    slider.value = Number(slider.value) + way * step;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  slider.addEventListener("input", () => { control.value = spelled(isWhole ? Number(slider.value) : Number(Number(slider.value).toPrecision(4)), input); });
  const curve = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  curve.setAttribute("class", "curve");
  curve.setAttribute("viewBox", "0 0 100 40");
  curve.setAttribute("preserveAspectRatio", "none");
  curve.setAttribute("role", "img");
  const span = element("p", { class: "quiet span", id: `${id}-span` });
  field.box.append(curve, slider, span);
  Object.assign(field, { slider, curve, span, minimum, maximum });
}

/** A number as the column's cells are written. */
function spelled(value, input) {
  return String(value).replace(".", input.cells?.decimal ?? ".");
}

function fill(row) {
  for (const { input, control } of fields) {
    const cell = row[input.name];
    if (cell === null || cell === undefined) control.value = "";
    else if (input.kind === "number") control.value = spelled(cell, input);
    else if (control.type === "date") control.value = String(cell).slice(0, 10);
    else if (control.type === "datetime-local") control.value = `${String(cell)}T00:00:00`.slice(0, 19).replace(" ", "T");
    else control.value = String(cell);
    if (control.tagName === "SELECT" && control.selectedIndex < 0) control.selectedIndex = 0;
  }
}

// --- one row ----------------------------------------------------------------------------------

async function update() {
  const mine = (turn += 1);
  const [row, tensors, warnings] = [{}, {}, []];
  let isWrong = false;
  for (const field of fields) {
    const { input, control, message, slider } = field;
    row[input.name] = control.value;
    let [said, state] = ["", ""];
    try {
      tensors[input.name] = predictor.feeds.column(input, [control.value]);
      const value = tensors[input.name][0];
      said = warn(input, value, control.value);
      if (said) {
        state = "careful";
        warnings.push(`${input.name}: ${said}`);
      }
      if (slider && Number.isFinite(value)) slider.value = value;
    } catch (error) {
      if (error.name !== "CellError") throw error;
      [said, state, isWrong] = [`got “${control.value}”, expected ${error.expected}`, "bad", true];
    }
    message.textContent = said;
    message.dataset.state = state;
    control.setAttribute("aria-invalid", String(state === "bad"));
  }
  if (isWrong) return show(undefined, []);
  const [answer] = await predictor.predict([row]);
  if (mine !== turn) return undefined;
  show(answer, warnings);
  setTimeout(() => drawCurves(mine, row, answer), 80);
  return undefined;
}

function show(answer, warnings) {
  const value = $("value");
  $("bars").replaceChildren();
  if (!answer) value.textContent = "–";
  else if (answer.label === null) value.textContent = `none: ${manifest.required.join(" or ")} is missing`;
  else value.textContent = typeof answer.label === "number" && manifest.labels === null ? short(answer.label, 7) : String(answer.label);
  value.title = answer && answer.label !== null ? String(answer.label) : "";
  for (const [name, score] of bySize(answer?.scores)) $("bars").append(bar(name, score, name === String(answer.label)));
  $("warnings").replaceChildren(...warnings.map((each) => element("li", { class: "careful" }, each)));
}

function bySize(scores) {
  return Object.entries(scores ?? {}).sort(([, a], [, b]) => b - a).slice(0, LISTED);
}

function bar(name, score, isChosen) {
  const full = element("div", { class: "full" });
  full.style.width = `${Math.max(score * 100, 0)}%`;
  const box = element("div", { class: isChosen ? "bar chosen" : "bar" }, element("span", {}, name), element("span", { class: "share" }, percent(score)), element("div", { class: "track" }, full));
  return box;
}

const percent = (share) => `${(share * 100).toFixed(1)}%`;
const short = (value, digits = 4) => value.toLocaleString("en", { maximumSignificantDigits: digits });

// --- what if ----------------------------------------------------------------------------------

/** The prediction along each slider, or the probability of the class that is predicted now. */
async function drawCurves(mine, row, answer) {
  if (answer.label === null) return;
  const height = (each) => (each.scores ? each.scores[answer.label] : each.label);
  if (typeof height(answer) !== "number") return;
  const found = [];
  for (const field of fields.filter((each) => each.slider)) {
    const at = Array.from({ length: STEPS + 1 }, (_, n) => field.minimum + ((field.maximum - field.minimum) * n) / STEPS);
    const rows = at.map((value) => ({ ...row, [field.input.name]: value }));
    found.push([field, at, (await predictor.predict(rows)).map(height)]);
    await new Promise((resolve) => { setTimeout(resolve); });
    if (mine !== turn) return;
  }
  const all = found.flatMap(([, , heights]) => heights).filter(Number.isFinite);
  const range = answer.scores ? [0, 1] : [Math.min(...all, height(answer)), Math.max(...all, height(answer))];
  for (const [field, at, heights] of found) drawCurve(field, at, heights, range, height(answer));
  $("curves").textContent = answer.scores ? `Curves: the probability of ${answer.label}, from 0 to 100%, as one value changes.` : "Curves: the prediction as one value changes, all on one scale.";
}

function drawCurve({ curve, control, span, input, minimum, maximum }, at, heights, [low, high], now) {
  const x = (value) => ((value - minimum) / (maximum - minimum)) * 100;
  const y = (value) => 37 - ((value - low) / (high - low || 1)) * 34;
  const line = heights.map((value, n) => `${x(at[n]).toFixed(2)},${y(value).toFixed(2)}`).join(" ");
  const [value] = predictor.feeds.column(input, [control.value]);
  const isShare = manifest.labels !== null;
  const words = (share) => (isShare ? percent(share) : short(share));
  const here = Number.isFinite(value) ? `<line class="here" x1="${x(value)}" x2="${x(value)}" y1="0" y2="40"/>` : "";
  curve.innerHTML = `${here}<polyline points="${line}"/>`;
  const said = `${words(Math.min(...heights))} to ${words(Math.max(...heights))}`;
  curve.setAttribute("aria-label", `Over the range of ${input.name}: ${said}; now ${words(now)}`);
  span.textContent = said;
}

// --- the proof --------------------------------------------------------------------------------

async function prove() {
  const box = $("verdict");
  try {
    const cells = replayCells(manifest, cases);
    const rows = await replayRows(predictor, golden);
    const is = manifest.verdict === "pass" && isProven(cells, rows, golden);
    box.className = `verdict ${is ? "pass" : "fail"}`;
    box.replaceChildren(
      element("h2", {}, is ? "Proven in this browser" : manifest.verdict === "pass" ? "THIS BROWSER ANSWERS OTHERWISE: do not use these predictions" : "PARITY FAILED IN TRAINING: do not use these predictions"),
      element("p", {}, `${short(rows.count)} rows of the proof: ${manifest.labels === null ? "" : `${rows.flips} labels differ, `}error ${small(rows.error)} against PyCaret (${small(golden.tolerance)} allowed), ${small(rows.graph_error)} against the graph’s own answers (${small(golden.graph.tolerance)} allowed); ${cells.wrong.length} of ${cells.count} cells are read otherwise.`),
    );
    document.body.dataset.proof = JSON.stringify({ runtime: model.runtime, cells, rows });
    document.body.dataset.state = is ? "proven" : "failed";
  } catch (error) {
    box.className = "verdict fail";
    box.replaceChildren(element("h2", {}, "THE PROOF CANNOT BE REPLAYED: do not use these predictions"), element("p", {}, error.message));
    document.body.dataset.state = "failed";
  }
}

const small = (value) => (value === 0 ? "0" : value.toExponential(1));

// --- files ------------------------------------------------------------------------------------

function takeFiles() {
  const zone = $("drop");
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); score(event.dataTransfer.files[0]); });
  $("file").addEventListener("change", (event) => { score(event.target.files[0]); event.target.value = ""; });
}

async function score(file) {
  const box = $("scored");
  if (!file) return;
  box.replaceChildren(element("p", { class: "quiet" }, `Reading ${file.name} …`));
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
    const table = readTable(text, inputs.map(({ name }) => name));
    const started = performance.now();
    const { answers, warnings, bad, more } = await scoreTable(table, (done) => { box.firstChild.textContent = `${short(done, 9)} of ${short(table.rows.length, 9)} rows …`; });
    if (bad.length) throw Object.assign(new Error(`${bad.length}${more ? " or more" : ""} cells cannot be read; nothing was scored`), { bad });
    report(box, file, table, answers, warnings, performance.now() - started);
  } catch (error) {
    const why = error instanceof TypeError && /decod|encod|utf/i.test(error.message) ? "it is not UTF-8 text" : error.message;
    box.replaceChildren(element("p", { class: "message", "data-state": "bad", role: "alert" }, `${file.name}: ${why}`));
    if (error.bad) box.append(element("ul", { class: "cells" }, ...error.bad.map((each) => element("li", {}, each))));
  }
}

async function scoreTable({ header, rows, lines }, progress) {
  const absent = inputs.filter(({ name }) => !header.includes(name)).map(({ name }) => name);
  if (absent.length) throw new Error(`the file lacks ${absent.length === 1 ? "the column" : "the columns"} ${absent.join(", ")}; its columns are ${header.slice(0, LISTED).join(", ")}`);
  const [answers, bad, warnings] = [[], [], new Map()];
  for (let start = 0; start < rows.length && bad.length < LISTED; start += CHUNK) {
    const part = rows.slice(start, start + CHUNK);
    const columns = Object.fromEntries(inputs.map((input) => {
      const place = header.indexOf(input.name);
      return [input.name, readColumn(input, part.map((cells) => cells[place]), start, lines, bad, warnings)];
    }));
    if (!bad.length) answers.push(...(await predictor.predict(part.map((_, n) => Object.fromEntries(inputs.map(({ name }) => [name, columns[name][n]]))))));
    progress(Math.min(start + CHUNK, rows.length));
    await new Promise((resolve) => { setTimeout(resolve); });
  }
  return { answers, warnings, bad, more: bad.length >= LISTED };
}

/** The cells of a column; those that it cannot hold, and those that training never saw, are noted. */
function readColumn(input, cells, start, lines, bad, warnings) {
  cells.forEach((cell, n) => {
    try {
      const said = warn(input, predictor.feeds.column(input, [cell])[0], cell);
      if (!said) return;
      const key = `${input.name}: ${said}`;
      const before = warnings.get(key) ?? { count: 0, row: start + n + 1, line: lines[start + n] };
      warnings.set(key, { ...before, count: before.count + 1 });
    } catch (error) {
      if (error.name !== "CellError") throw error;
      if (bad.length < LISTED) bad.push(`row ${start + n + 1} (line ${lines[start + n]}), column “${input.name}”: got “${cell.slice(0, 60)}”, expected ${error.expected}`);
    }
  });
  return cells;
}

function report(box, file, { header, rows }, answers, warnings, milliseconds) {
  const hasScore = answers.some((answer) => (answer.score ?? null) !== null);
  const names = [...header, "prediction_label", ...(hasScore ? ["prediction_score"] : [])];
  const all = rows.map((cells, n) => [...cells, answers[n].label, ...(hasScore ? [answers[n].score] : [])]);
  const name = file.name.replace(/\.[^.]*$/, "") + "-scored.csv";
  const link = element("a", { class: "button", download: name }, `Save ${name}`);
  link.href = URL.createObjectURL(new Blob([writeTable(names, all)], { type: "text/csv" }));
  const unused = header.filter((column) => !inputs.some((input) => input.name === column));
  box.replaceChildren(element("p", {}, `${short(rows.length, 9)} ${rows.length === 1 ? "row" : "rows"} of ${file.name}, scored in ${short(milliseconds / 1000, 2)} s. `, link));
  if (unused.length) box.append(element("p", { class: "quiet" }, `Not taken by the model: ${unused.join(", ")}.`));
  if (warnings.size) box.append(element("ul", { class: "findings" }, ...[...warnings].map(([said, { count, row, line }]) => element("li", { class: "careful" }, `${said}: ${count} ${count === 1 ? "row" : "rows"}, first row ${row} (line ${line})`))));
  const shown = [...Array(names.length).keys()].sort((a, b) => (b >= header.length) - (a >= header.length));
  box.append(element("div", { class: "scroll", tabindex: "0" }, element("table", { class: "text1" },
    element("thead", {}, element("tr", {}, ...shown.map((k) => element("th", { scope: "col" }, names[k])))),
    element("tbody", {}, ...all.slice(0, 10).map((cells) => element("tr", {}, ...shown.map((k) => element("td", {}, cells[k] === null ? "none" : typeof cells[k] === "number" ? short(cells[k], 7) : cells[k]))))))));
  if (all.length > 10) box.append(element("p", { class: "quiet" }, `The first 10 of ${short(all.length, 9)} rows.`));
}

// --- the start --------------------------------------------------------------------------------

const fields = inputs.map(drawField);
const first = goldenRows(manifest, golden)[Math.max(golden.kinds.indexOf("table"), 0)];
$("form").append(...fields.map((field) => field.box));
$("form").addEventListener("submit", (event) => event.preventDefault());
$("form").addEventListener("input", update);
$("reset").addEventListener("click", () => {
  fill(first);
  update();
});
fill(first);
await update();
takeFiles();
document.body.dataset.state = "ready";
setTimeout(prove, 50);
