// Reads CSV as `python -m pipeline.score` does, and writes it.

const DELIMITERS = [",", ";", "\t", "|"];

/** A text as {header, rows, lines}, every cell a text; `expected` names tell the delimiter. */
export function readTable(text, expected) {
  const bare = text.startsWith("\ufeff") ? text.slice(1) : text;
  const shared = (delimiter) => new Set(firstCells(bare, delimiter).filter((name) => expected.includes(name))).size;
  const delimiter = DELIMITERS.reduce((best, each) => (shared(each) > shared(best) ? each : best));
  const all = [...records(bare, delimiter)];
  if (!all.length) throw new Error("the file is empty: its first line must name the columns");
  const [{ cells: names }, ...body] = all;
  for (const [n, { cells, line }] of body.entries()) {
    if (cells.length !== names.length) throw new Error(`row ${n + 1} (line ${line}): got ${cells.length} fields, expected ${names.length}; quote cells that contain the delimiter`);
  }
  const width = names.length - bareEnds(names, body);
  const header = names.slice(0, width);
  const twice = header.filter((name, n) => header.indexOf(name) !== n);
  if (twice.length) throw new Error(`columns there more than once: ${twice.join(", ")}`);
  return { header, rows: body.map(({ cells }) => cells.slice(0, width)), lines: body.map(({ line }) => line) };
}

/** The names by a delimiter, up to where it makes no CSV of the text. */
function firstCells(text, delimiter) {
  try {
    return records(text, delimiter).next().value?.cells ?? [];
  } catch ({ cells }) {
    return cells;
  }
}

/** How many columns at the end have no name and no cell: separators that end each line. */
function bareEnds(header, body) {
  let bare = 0;
  while (bare < header.length - 1 && !header[header.length - 1 - bare]) bare += 1;
  return bare && body.some(({ cells }) => cells.slice(-bare).some(Boolean)) ? 0 : bare;
}

/** Every record and the line on which it starts; blank lines are none. */
function* records(text, delimiter) {
  let [at, line, start, cells] = [0, 1, 1, []];
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        const end = text.indexOf('"', at);
        if (end < 0) throw Object.assign(new Error(`the record that starts on line ${start} is no CSV: its quote is never closed`), { cells: [...cells, cell + text.slice(at)] });
        cell += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at += 1;
      }
      line += cell.split(/\r\n|\r|\n/).length - 1;
    }
    let end = at;
    while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end += 1;
    cells.push(cell + text.slice(at, end));
    at = end + 1;
    if (text[end] === delimiter) {
      if (at >= text.length) cells.push("");
      else continue;
    }
    if (text[end] === "\r" && text[at] === "\n") at += 1;
    line += 1;
    if (cells.length > 1 || !/^[ \t]*$/.test(cells[0]) || (cells[0] === "" && text[end - 1] === '"')) yield { cells, line: start };
    [cells, start] = [[], line];
  }
}

/** CSV text of a header and rows. */
export function writeTable(header, rows) {
  return [header, ...rows].map((cells) => `${cells.map(written).join(",")}\n`).join("");
}

function written(cell) {
  const text = cell === null || cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
