"""What is generated from a manifest for C: typed rows, and the README."""

from __future__ import annotations

ESCAPES = {'"': '\\"', "\\": "\\\\", "?": "\\?"} | {
    chr(code): f"\\{code:03o}" for code in (*range(32), 127)
}
"""Signs of a string literal; a question mark begins what old compilers take for another sign."""

HEADER = """\
/* Predicts {target}: typed rows and answers of this model. */

#ifndef SCORER_H
#define SCORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cells.h"

/* One row: the raw columns of the training table. */
struct row {{
{fields}
}};

struct answer {{
  bool is_answered; /* false where a required column is missing; then nothing else is set */
  {label}label;{scores}
}};

struct scorer;

/* Opens the bundle in a folder. Files are held against SHA256SUMS before anything is loaded;
   onnxruntime is the library that the variable ORT_LIB names, else libonnxruntime.so of the folder.
   NULL only without memory: see scorer_error. One scorer serves one thread at a time. */
struct scorer *scorer_open(const char *folder);
void scorer_close(struct scorer *scorer);

/* Why the last call failed; empty if it did not. */
const char *scorer_error(const struct scorer *scorer);

/* One answer for each row; 0, or 1 with an error that names row and column of a cell that does not
   fit. What answers point to is there until the next call. */
int scorer_predict(struct scorer *scorer, size_t rows, const struct row *table,
                   struct answer *answers);

/* The same for cells of any kind, row by row, columns in the order of struct row: a number may be
   text, as a file has it. */
int scorer_predict_cells(struct scorer *scorer, size_t rows, const struct cell *cells,
                         struct answer *answers);

#endif
"""

SCORES = """
  double score;         /* of the label */
  const double *scores; /* {count}, in the order of the labels of manifest.json */"""

SOURCE = """\
/* See scorer.h. */

#define _POSIX_C_SOURCE 200809L

#include "scorer.h"

#include <stdlib.h>

#include "engine.h"
#include "score.h"

enum {{ COLUMNS = {count} }};

struct scorer {{
  struct engine engine; /* a scorer is an engine: what it adds are names and types */
}};

struct scorer *scorer_open(const char *folder) {{ return (struct scorer *)engine_open(folder); }}

void scorer_close(struct scorer *scorer) {{ engine_close((struct engine *)scorer); }}

const char *scorer_error(const struct scorer *scorer) {{
  return scorer ? scorer->engine.error : "no memory";
}}

static void read_row(const struct row *row, struct cell *cells) {{
{cells}
}}

static void read_answer(const struct engine *engine, size_t row, struct answer *answer) {{
  *answer = (struct answer){{.is_answered = !engine_lacks_answer(engine, row)}};
  if (!answer->is_answered) return;
{label}{scores}
}}

int scorer_predict_cells(struct scorer *scorer, size_t rows, const struct cell *cells,
                         struct answer *answers) {{
  if (!scorer || engine_score(&scorer->engine, rows, cells)) return 1;
  for (size_t row = 0; row < rows; row++) read_answer(&scorer->engine, row, &answers[row]);
  return 0;
}}

int scorer_predict(struct scorer *scorer, size_t rows, const struct row *table,
                   struct answer *answers) {{
  struct cell *cells = calloc(rows * COLUMNS + 1, sizeof *cells);
  for (size_t row = 0; cells && row < rows; row++) read_row(&table[row], cells + row * COLUMNS);
  int failed = !cells || scorer_predict_cells(scorer, rows, cells, answers);
  free(cells);
  return failed;
}}
"""

LABELS = {
    "number": "  answer->label = ((const double *)score_data(engine->model, engine->label))[row];",
    "integer": "  answer->label = "
    "((const int64_t *)score_data(engine->model, engine->label))[row];",
    "text": "  answer->label = engine->contract.labels[engine_label(engine, row)].text + 1;",
}
TAKE_SCORES = """
  answer->scores = score_data(engine->model, engine->scores);
  answer->scores += row * engine->contract.label_count;
  answer->score = answer->scores[engine_label(engine, row)];"""

README = """\
# {name}: {model} for {target}, in C

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It needs Linux, a C11
compiler, and libonnxruntime ({library} MB), which `install.sh` takes out of the package for Python
on x86-64 and ARM64; with another one, set `ORT_LIB` to its path and leave that line out.

```sh
{lines}
```

`verify` holds this machine against what the training proved: every cell of `feed_cases.tsv`, and
{rows} rows of `golden.tsv` in one batch and each alone. It prints what it found and ends with 5
where anything differs, with 3 where a file is not as it was written.

```c
#include <math.h>
#include <stdio.h>
#include "scorer.h"

int main(void) {{
  struct scorer *scorer = scorer_open(".");
  struct row row = {{
{row}
  }};
  struct answer answer;
  int failed = scorer_predict(scorer, 1, &row, &answer);
  if (failed) fprintf(stderr, "%s\\n", scorer_error(scorer));
  else printf("{shown}\\n", {values});
  scorer_close(scorer);
  return failed;
}}
```

As `example.c` it is built and run by

```sh
cc -o example example.c libscorer.a -ldl -lm
./example
```

What a cell may hold is in `manifest.json`, under `feed`; `scorer_predict_cells` takes text where
`struct row` has a number. Files are held against `SHA256SUMS` before the model is loaded.
onnxruntime's telemetry is switched off before the library is.
"""
