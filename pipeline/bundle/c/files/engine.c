/* See engine.h. */

#define _POSIX_C_SOURCE 200809L

#include "engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score.h"

/* The values of one column as a tensor takes them. */
struct holder {
  void *cells;
  int64_t *offsets;
  size_t length, space; /* of text */
};

static int refuse(struct engine *engine, const char *why) {
  snprintf(engine->error, sizeof engine->error, "%s", why);
  return 1;
}

static int open_model(struct engine *engine, const char *folder) {
  const struct file *model = files_find(&engine->files, "model.onnx");
  const char *given = getenv("ORT_LIB");
  char library[4096];
  if (given && *given) snprintf(library, sizeof library, "%s", given);
  else snprintf(library, sizeof library, "%s/libonnxruntime.so", folder);
  engine->model = score_open(library, model->bytes, model->length);
  return *score_error(engine->model) ? refuse(engine, score_error(engine->model)) : 0;
}

static int output_of(const struct engine *engine, const char *name) {
  for (int k = 0; k < score_outputs(engine->model); k++)
    if (!strcmp(score_output_name(engine->model, k), name)) return k;
  return -1;
}

static int find_places(struct engine *engine) {
  static const int kinds[] = {SCORE_NUMBER, SCORE_TEXT, SCORE_BOOLEAN, SCORE_INTEGER};
  const struct contract *contract = &engine->contract;
  int inputs = score_inputs(engine->model);
  engine->inputs = calloc(contract->column_count, sizeof *engine->inputs);
  if (!engine->inputs) return refuse(engine, "no memory");
  for (size_t k = 0; k < contract->column_count; k++) {
    int place = 0;
    while (place < inputs && strcmp(score_input_name(engine->model, place), contract->columns[k].name.text)) place++;
    if (place == inputs || score_input_kind(engine->model, place) != kinds[contract->columns[k].kind])
      return refuse(engine, "model.tsv: got columns that are not those of the graph");
    engine->inputs[k] = place;
  }
  engine->label = output_of(engine, "prediction_label");
  engine->scores = output_of(engine, "prediction_score");
  return engine->label < 0 ? refuse(engine, "the graph has no prediction_label") : 0;
}

struct engine *engine_open(const char *folder) {
  struct engine *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  if (files_read(&engine->files, folder)) {
    refuse(engine, engine->files.error);
    return engine;
  }
  const struct file *model = files_find(&engine->files, "model.tsv");
  const char *why = contract_read(&engine->contract, model->bytes, model->length);
  if (why) refuse(engine, why);
  else if (!open_model(engine, folder)) find_places(engine);
  return engine;
}

void engine_close(struct engine *engine) {
  if (!engine) return;
  score_close(engine->model);
  contract_close(&engine->contract);
  files_free(&engine->files);
  free(engine->inputs);
  free(engine);
}

static int refuse_cell(struct engine *engine, const struct column *column, size_t row, const struct cell *cell, const char *expected) {
  char shown[80] = "a missing value";
  if (cell->kind == CELL_TEXT) snprintf(shown, sizeof shown, "\"%.*s\"", (int)(cell->length < 60 ? cell->length : 60), cell->text);
  if (cell->kind == CELL_NUMBER) snprintf(shown, sizeof shown, "%.17g", cell->number);
  if (cell->kind == CELL_INTEGER) snprintf(shown, sizeof shown, "%lld", (long long)cell->integer);
  if (cell->kind == CELL_BOOLEAN) snprintf(shown, sizeof shown, "%s", cell->integer ? "true" : "false");
  snprintf(engine->error, sizeof engine->error, "row %zu, column \"%.200s\": got %s, expected %s", row + 1, column->name.text, shown, expected);
  return 1;
}

static int put_text(struct holder *holder, size_t row, const struct value *value) {
  if (value->length > holder->space - holder->length) {
    size_t space = 2 * (holder->length + value->length);
    char *larger = realloc(holder->cells, space);
    if (!larger) return 1;
    holder->cells = larger;
    holder->space = space;
  }
  memcpy((char *)holder->cells + holder->length, value->text, value->length);
  holder->length += value->length;
  holder->offsets[row + 1] = (int64_t)holder->length;
  return 0;
}

static int put_value(struct holder *holder, enum column_kind kind, size_t row, const struct value *value) {
  switch (kind) {
    case COLUMN_NUMBER: ((double *)holder->cells)[row] = value->number; return 0;
    case COLUMN_BOOLEAN: ((uint8_t *)holder->cells)[row] = (uint8_t)value->integer; return 0;
    case COLUMN_DATE: ((int64_t *)holder->cells)[row] = value->integer; return 0;
    default: return put_text(holder, row, value);
  }
}

static int fill_column(struct engine *engine, size_t place, size_t rows, const struct cell *cells, struct holder *holder) {
  const struct contract *contract = &engine->contract;
  const struct column *column = &contract->columns[place];
  struct value value;
  holder->space = rows * sizeof(double);
  holder->cells = malloc(holder->space);
  if (column->kind == COLUMN_TEXT) holder->offsets = calloc(rows + 1, sizeof *holder->offsets);
  if (!holder->cells || (column->kind == COLUMN_TEXT && !holder->offsets)) return refuse(engine, "no memory");
  for (size_t row = 0; row < rows; row++) {
    const struct cell *cell = &cells[row * contract->column_count + place];
    const char *expected = feed_cell(contract, column, cell, &value);
    if (expected) return refuse_cell(engine, column, row, cell, expected);
    if (put_value(holder, column->kind, row, &value)) return refuse(engine, "no memory");
  }
  if (!score_set(engine->model, engine->inputs[place], (int64_t)rows, holder->cells, holder->offsets)) return 0;
  return refuse(engine, score_error(engine->model));
}

int engine_score(struct engine *engine, size_t rows, const struct cell *cells) {
  if (!engine->inputs) return 1; /* not open: the error says why */
  engine->error[0] = 0;
  for (size_t place = 0; rows && place < engine->contract.column_count; place++) {
    struct holder holder = {NULL, NULL, 0, 0};
    int failed = fill_column(engine, place, rows, cells, &holder);
    free(holder.cells);
    free(holder.offsets);
    if (failed) return 1;
  }
  return rows && score_run(engine->model) ? refuse(engine, score_error(engine->model)) : 0;
}

bool engine_lacks_answer(const struct engine *engine, size_t row) {
  const void *data = score_data(engine->model, engine->label);
  const int64_t *offsets = score_offsets(engine->model, engine->label);
  if (!engine->contract.required_count) return false;
  switch (score_output_kind(engine->model, engine->label)) {
    case SCORE_NUMBER: return isnan(((const double *)data)[row]);
    case SCORE_INTEGER: return ((const int64_t *)data)[row] == INT64_MIN;
    default: return offsets[row] == offsets[row + 1];
  }
}

size_t engine_label(const struct engine *engine, size_t row) {
  const struct contract *contract = &engine->contract;
  const void *data = score_data(engine->model, engine->label);
  const int64_t *offsets = score_offsets(engine->model, engine->label);
  for (size_t k = 0; k < contract->label_count; k++) {
    const struct field *label = &contract->labels[k]; /* a letter, then the value */
    int is_found = 0;
    if (offsets) {
      struct field found = {(const char *)data + offsets[row], (size_t)(offsets[row + 1] - offsets[row])};
      is_found = fields_equal(&(struct field){label->text + 1, label->length - 1}, &found);
    } else if (score_output_kind(engine->model, engine->label) == SCORE_INTEGER) {
      is_found = strtoll(label->text + 1, NULL, 10) == ((const int64_t *)data)[row];
    } else {
      is_found = strtod(label->text + 1, NULL) == ((const double *)data)[row];
    }
    if (is_found) return k;
  }
  return 0; /* the graph has no other labels */
}
