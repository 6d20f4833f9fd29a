/* Scores with one ONNX graph of columns, through a libonnxruntime that is loaded when it is needed.

   Made to be called from other languages: every argument is a number or a pointer, memory that is
   passed in need not outlive the call, and what is handed out belongs to the handle. One handle
   serves one thread at a time; different handles may serve different threads.

     score_model *model = score_open("libonnxruntime.so", bytes, length);
     if (*score_error(model)) ...
     score_set(model, 0, rows, numbers, NULL);
     score_set(model, 1, rows, utf8, offsets);
     if (score_run(model)) ...
     const double *label = score_data(model, 0);
     score_close(model); */

#ifndef SCORE_H
#define SCORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a column of a tensor holds; the numbers are those of ONNX. */
enum {
  SCORE_MASK = 6,    /* int32_t: an output that warns, where the graph has one */
  SCORE_INTEGER = 7, /* int64_t: dates as nanoseconds, labels */
  SCORE_TEXT = 8,    /* UTF-8 of all cells in a row, and rows + 1 offsets into it */
  SCORE_BOOLEAN = 9, /* uint8_t: 0 or 1 */
  SCORE_NUMBER = 11  /* double */
};

typedef struct score_model score_model;

/* Opens a graph from the bytes of its file. `library` is a path or a name as dlopen takes it.
   Telemetry of onnxruntime is switched off for the process before the library is loaded.
   NULL only without memory; otherwise a handle to close, whose error is empty when it can score. */
score_model *score_open(const char *library, const void *model, size_t length);
void score_close(score_model *model);

/* Why the last call failed; empty if it did not. */
const char *score_error(const score_model *model);

/* Version of the library that was loaded, such as 1.31.1; empty if none was. */
const char *score_version(const score_model *model);

int score_inputs(const score_model *model);
const char *score_input_name(const score_model *model, int input);
int score_input_kind(const score_model *model, int input);

int score_outputs(const score_model *model);
const char *score_output_name(const score_model *model, int output);
int score_output_kind(const score_model *model, int output);

/* Copies a column of at least one row; 0 when it is taken. `cells` is rows doubles, int64_t or
   uint8_t, or text as bytes; `offsets` is for text alone: cell k is cells[offsets[k] .. offsets[k + 1]). */
int score_set(score_model *model, int input, int64_t rows, const void *cells, const int64_t *offsets);

/* Scores the columns that were set, all of one number of rows; 0 when there are answers.
   A model keeps its columns: what is not set again is scored again. */
int score_run(score_model *model);

/* Answers of the last run, until the next one: rows x width doubles, int64_t or int32_t, or text as bytes with
   rows x width + 1 offsets. An output of shape [N] has the width 1, one of [N, K] the width K. */
int64_t score_rows(const score_model *model);
int64_t score_width(const score_model *model, int output);
const void *score_data(const score_model *model, int output);
const int64_t *score_offsets(const score_model *model, int output);

#ifdef __cplusplus
}
#endif

#endif
