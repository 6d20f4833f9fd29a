/* Scores cells with the model of a bundle; scorer.h has its columns and labels by name. */

#ifndef ENGINE_H
#define ENGINE_H

#include <stddef.h>

#include "contract.h"
#include "feeds.h"
#include "files.h"

struct score_model;

struct engine {
  struct files files;
  struct contract contract;
  struct score_model *model;
  int *inputs;       /* the graph's input of each column */
  int label, scores; /* places of outputs; scores is -1 where there are none */
  char error[2560];
};

/* Opens the bundle in a folder; files are held against SHA256SUMS before anything is loaded.
   onnxruntime is the library that the variable ORT_LIB names, else libonnxruntime.so of the folder.
   NULL only without memory; otherwise to close, and its error is empty when it can score. */
struct engine *engine_open(const char *folder);
void engine_close(struct engine *engine);

/* Scores rows x columns cells, row by row; 0 when model->outputs are their answers. */
int engine_score(struct engine *engine, size_t rows, const struct cell *cells);

/* Whether a row has no answer, as it lacks a required column. */
bool engine_lacks_answer(const struct engine *engine, size_t row);

/* The place of a row's label among the labels, to which its score belongs. */
size_t engine_label(const struct engine *engine, size_t row);

#endif
