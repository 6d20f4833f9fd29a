/* Replays feed_cases.tsv and golden.tsv: verify [--measure] [FOLDER]. Prints one line of JSON; ends
   with 5 where this machine answers otherwise, with 3 where a file is not as it was written. */

#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"
#include "score.h"

enum { DIFFERS = 5, DAMAGED = 3, BATCH = 10000, TIMES = 1001 };

struct golden {
  size_t rows, columns;
  struct cell *cells;
  const struct line **expected, **graph;
  double tolerance, graph_tolerance, scale;
};

struct found {
  size_t cells, flips;
  double error, graph_error;
  const char *comma; /* between wrong cells */
};

/* A cell as the files write it. */
static struct cell read_cell(const struct field *field) {
  switch (field->text[0]) {
    case 'n': return number_cell(strtod(field->text + 1, NULL));
    case 'i': return integer_cell(strtoll(field->text + 1, NULL, 10));
    case 't': return boolean_cell(true);
    case 'f': return boolean_cell(false);
    case 's': return text_cell_of(field->text + 1, field->length - 1);
    default: return missing_cell();
  }
}

static bool are_equal(double one, double other) { return !memcmp(&one, &other, sizeof one) || (isnan(one) && isnan(other)); }

static bool is_right(const struct column *column, const char *refusal, const struct value *value, const struct field *wanted) {
  char sign = wanted->text[0];
  struct cell expected = read_cell(wanted);
  if (refusal || sign == '!') return refusal && sign == '!';
  switch (column->kind) {
    case COLUMN_NUMBER: return are_equal(value->number, sign == '-' ? NAN : sign == 'i' ? (double)expected.integer : expected.number);
    case COLUMN_TEXT: return sign == 's' && value->length == expected.length && !memcmp(value->text, expected.text, value->length);
    default: return expected.kind != CELL_MISSING && value->integer == expected.integer;
  }
}

static void print_text(const struct field *field) {
  putchar('"');
  for (size_t k = 0; k < field->length; k++) {
    unsigned char sign = (unsigned char)field->text[k];
    if (sign < 0x20) printf("\\u%04x", sign);
    else printf(sign == '"' || sign == '\\' ? "\\%c" : "%c", sign);
  }
  putchar('"');
}

/* Every case of one column; prints those that are wrong. */
static void replay_column(const struct contract *contract, const struct table *cases, size_t place, struct found *found) {
  struct column column;
  const char *why = column_read(&column, cases, place);
  if (why) fprintf(stderr, "%s\n", why);
  for (size_t k = place + 1; k < cases->count && !field_is(&cases->lines[k].fields[0], "column"); k++) {
    const struct line *line = &cases->lines[k];
    struct value value;
    if (!field_is(&line->fields[0], "case") || line->count != 3) continue;
    struct cell cell = read_cell(&line->fields[1]);
    const char *refusal = why ? NULL : feed_cell(contract, &column, &cell, &value);
    found->cells++;
    if (!why && is_right(&column, refusal, &value, &line->fields[2])) continue;
    printf("%s[", found->comma);
    print_text(&cases->lines[place].fields[1]);
    for (int part = 1; part < 3; part++) {
      printf(", ");
      print_text(&line->fields[part]);
    }
    printf("]");
    found->comma = ", ";
  }
  column_close(&column);
}

static int replay_cells(const struct engine *engine, struct found *found) {
  const struct file *file = files_find(&engine->files, "feed_cases.tsv");
  struct table cases;
  if (table_read(&cases, file->bytes, file->length)) return 1;
  printf("\"cells\": {\"wrong\": [");
  for (size_t k = table_find(&cases, 0, "column"); k < cases.count; k = table_find(&cases, k + 1, "column"))
    replay_column(&engine->contract, &cases, k, found);
  printf("], \"count\": %zu}, ", found->cells);
  table_free(&cases);
  return 0;
}

static double number_of(const struct table *table, const char *word) {
  size_t place = table_find(table, 0, word);
  return place < table->count && table->lines[place].count > 1 ? strtod(table->lines[place].fields[1].text, NULL) : NAN;
}

static int read_golden(struct golden *golden, const struct engine *engine, const struct table *table) {
  size_t columns = golden->columns = engine->contract.column_count;
  golden->cells = calloc(table->count * columns + 1, sizeof *golden->cells);
  golden->expected = calloc(table->count + 1, sizeof *golden->expected);
  golden->graph = calloc(table->count + 1, sizeof *golden->graph);
  golden->tolerance = number_of(table, "tolerance");
  golden->graph_tolerance = number_of(table, "graph_tolerance");
  golden->scale = number_of(table, "scale");
  if (!golden->cells || !golden->expected || !golden->graph) return 1;
  for (size_t k = table_find(table, 0, "cells"); k + 2 < table->count; k += 3) {
    const struct line *line = &table->lines[k];
    size_t answers = 2 + engine->contract.label_count * (engine->scores >= 0);
    if (line->count != columns + 1 || line[1].count != answers || line[2].count != answers) return 1;
    for (size_t place = 0; place < columns; place++)
      golden->cells[golden->rows * columns + place] = read_cell(&line->fields[place + 1]);
    golden->expected[golden->rows] = &line[1];
    golden->graph[golden->rows++] = &line[2];
  }
  return 0;
}

static double worse(double error, double got, double want, double scale) {
  double found = are_equal(got, want) ? 0 : fabs(got - want) / scale;
  return found <= error ? error : isnan(found) ? INFINITY : found;
}

static bool is_label(const struct engine *engine, size_t row, const struct cell *wanted) {
  const void *data = score_data(engine->model, engine->label);
  const int64_t *offsets = score_offsets(engine->model, engine->label);
  if (wanted->kind == CELL_MISSING) return engine_lacks_answer(engine, row);
  switch (score_output_kind(engine->model, engine->label)) {
    case SCORE_NUMBER: return are_equal(((const double *)data)[row], wanted->number);
    case SCORE_INTEGER: return wanted->kind == CELL_INTEGER && ((const int64_t *)data)[row] == wanted->integer;
    default:
      return wanted->kind == CELL_TEXT && (size_t)(offsets[row + 1] - offsets[row]) == wanted->length &&
             !memcmp((const char *)data + offsets[row], wanted->text, wanted->length);
  }
}

/* Holds one row of the last answers against a line of golden.tsv. */
static void compare(const struct engine *engine, size_t row, const struct line *line, double scale, double *error, size_t *flips) {
  struct cell label = read_cell(&line->fields[1]);
  if (!engine->contract.label_count) {
    double want = label.kind == CELL_INTEGER ? (double)label.integer : label.kind == CELL_NUMBER ? label.number : NAN;
    *error = worse(*error, ((const double *)score_data(engine->model, engine->label))[row], want, fmax(fabs(want), scale));
    return;
  }
  *flips += !is_label(engine, row, &label);
  for (size_t k = 0; k + 2 < line->count; k++) {
    struct cell score = read_cell(&line->fields[k + 2]);
    double want = score.kind == CELL_INTEGER ? (double)score.integer : score.kind == CELL_NUMBER ? score.number : NAN;
    double got = ((const double *)score_data(engine->model, engine->scores))[row * (line->count - 2) + k];
    *error = worse(*error, got, want, 1);
  }
}

static void compare_both(const struct engine *engine, size_t place, const struct golden *golden, size_t row, struct found *found) {
  compare(engine, place, golden->expected[row], golden->scale, &found->error, &found->flips);
  compare(engine, place, golden->graph[row], golden->scale, &found->graph_error, &found->flips);
}

/* The golden rows in one batch, and each alone. */
static int replay_rows(struct engine *engine, const struct golden *golden, struct found *found) {
  if (engine_score(engine, golden->rows, golden->cells)) return 1;
  for (size_t row = 0; row < golden->rows; row++) compare_both(engine, row, golden, row, found);
  for (size_t row = 0; row < golden->rows; row++) {
    if (engine_score(engine, 1, golden->cells + row * golden->columns)) return 1;
    compare_both(engine, 0, golden, row, found);
  }
  printf("\"rows\": {\"count\": %zu, \"flips\": %zu, \"error\": ", golden->rows, found->flips);
  printf(isinf(found->error) ? "1e999" : "%.17g", found->error);
  printf(", \"graph_error\": ");
  printf(isinf(found->graph_error) ? "1e999" : "%.17g", found->graph_error);
  printf("}");
  return 0;
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int by_size(const void *one, const void *other) {
  double first = *(const double *)one, second = *(const double *)other;
  return (first > second) - (first < second);
}

static int measure(struct engine *engine, const struct golden *golden, const char *folder) {
  static double times[TIMES];
  size_t width = golden->columns;
  struct cell *many = calloc(BATCH * width, sizeof *many);
  if (!many) return 1;
  for (size_t row = 0; row < BATCH; row++)
    memcpy(many + row * width, golden->cells + row % golden->rows * width, width * sizeof *many);
  double start = milliseconds();
  struct engine *second = engine_open(folder);
  double open = milliseconds() - start;
  engine_close(second);
  int failed = 0;
  for (int k = 0; k < TIMES; k++) {
    start = milliseconds();
    failed |= engine_score(engine, 1, golden->cells + (size_t)k % golden->rows * width);
    times[k] = milliseconds() - start;
  }
  qsort(times, TIMES, sizeof *times, by_size);
  start = milliseconds();
  failed |= engine_score(engine, BATCH, many);
  printf(", \"speed\": {\"open_ms\": %.3f, \"row_us\": %.3f, \"batch_ms\": %.3f}", open, times[TIMES / 2] * 1e3, milliseconds() - start);
  free(many);
  return failed;
}

static int verify(struct engine *engine, const char *folder, bool measures) {
  struct found found = {0, 0, 0, 0, ""};
  struct golden golden = {0};
  struct table table = {0};
  const struct file *file = files_find(&engine->files, "golden.tsv");
  printf("{\"runtime\": \"onnxruntime %s in C\", ", score_version(engine->model));
  int failed = replay_cells(engine, &found) || table_read(&table, file->bytes, file->length) || read_golden(&golden, engine, &table) ||
               !golden.rows || replay_rows(engine, &golden, &found) || (measures && measure(engine, &golden, folder));
  printf("}\n");
  if (failed) fprintf(stderr, "golden.tsv cannot be replayed: %s\n", engine->error);
  bool is_proven = !failed && !*found.comma && !found.flips && found.error <= golden.tolerance && found.graph_error <= golden.graph_tolerance;
  free(golden.cells);
  free(golden.expected);
  free(golden.graph);
  table_free(&table);
  return is_proven ? 0 : DIFFERS;
}

int main(int count, char **arguments) {
  const char *folder = ".";
  bool measures = false;
  for (int k = 1; k < count; k++) {
    if (!strcmp(arguments[k], "--measure")) measures = true;
    else folder = arguments[k];
  }
  struct engine *engine = engine_open(folder);
  const char *error = engine ? engine->error : "no memory";
  int code = *error ? DAMAGED : verify(engine, folder, measures);
  if (*error && code == DAMAGED) fprintf(stderr, "%s\n", error);
  engine_close(engine);
  return code;
}
