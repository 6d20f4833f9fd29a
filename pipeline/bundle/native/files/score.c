/* See score.h. onnxruntime's C interface is a table of functions to which every release appends;
   here is as much of it as is used, each function at its place, so that no header is needed. */

#define _POSIX_C_SOURCE 200809L

#include "score.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_API = 18, SILENT = 4, MOST_DIMENSIONS = 2 };

typedef void (*unused)(void);
typedef struct status status;

struct api {
  unused at_0[2];
  const char *(*error_message)(const status *);
  status *(*create_env)(int severity, const char *id, void **env);
  unused at_4[4];
  status *(*create_session)(const void *env, const void *model, size_t length, const void *options, void **session);
  status *(*run)(void *session, const void *options, const char *const *names, const void *const *inputs, size_t count,
                 const char *const *output_names, size_t output_count, void **outputs);
  status *(*create_options)(void **options);
  unused at_11[11];
  status *(*set_severity)(void *options, int severity);
  unused at_23[1];
  status *(*set_intra_threads)(void *options, int count);
  status *(*set_inter_threads)(void *options, int count);
  unused at_26[4];
  status *(*input_count)(const void *session, size_t *count);
  status *(*output_count)(const void *session, size_t *count);
  unused at_32[1];
  status *(*input_type)(const void *session, size_t place, void **type);
  status *(*output_type)(const void *session, size_t place, void **type);
  unused at_35[1];
  status *(*input_name)(const void *session, size_t place, void *allocator, char **name);
  status *(*output_name)(const void *session, size_t place, void *allocator, char **name);
  unused at_38[10];
  status *(*create_tensor)(void *allocator, const int64_t *shape, size_t dimensions, int type, void **tensor);
  unused at_49[2];
  status *(*tensor_data)(void *tensor, void **data);
  unused at_52[1];
  status *(*text_length)(const void *tensor, size_t *length);
  status *(*text_content)(const void *tensor, void *bytes, size_t length, size_t *offsets, size_t count);
  status *(*tensor_type)(const void *type, const void **tensor_type);
  unused at_56[4];
  status *(*element_type)(const void *tensor_type, int *type);
  status *(*dimension_count)(const void *shape, size_t *count);
  status *(*dimensions)(const void *shape, int64_t *dimensions, size_t count);
  unused at_63[2];
  status *(*tensor_shape)(const void *tensor, void **shape);
  unused at_66[10];
  status *(*allocator_free)(void *allocator, void *memory);
  unused at_77[1];
  status *(*default_allocator)(void **allocator);
  unused at_79[13];
  void (*release_env)(void *);
  void (*release_status)(status *);
  unused at_94[1];
  void (*release_session)(void *);
  void (*release_value)(void *);
  unused at_97[1];
  void (*release_type)(void *);
  void (*release_shape)(void *);
  void (*release_options)(void *);
  unused at_101[151];
  status *(*text_buffer)(void *tensor, size_t place, size_t length, char **buffer);
};

#define IS_AT(name, place) _Static_assert(offsetof(struct api, name) == (place) * sizeof(unused), #name)
IS_AT(run, 9);
IS_AT(output_name, 37);
IS_AT(tensor_shape, 65);
IS_AT(release_options, 100);
IS_AT(text_buffer, 252);

struct base {
  const struct api *(*api)(uint32_t version);
  const char *(*version)(void);
};

/* One input or output; data and offsets are of an output of text. */
struct column {
  char *name;
  int kind;
  void *tensor;
  int64_t rows, width;
  char *bytes;
  int64_t *offsets;
};

struct score_model {
  const struct base *base;
  const struct api *api;
  void *env, *allocator, *session;
  int input_count, output_count;
  struct column *inputs, *outputs;
  const void **fed; /* arrays in the order of the inputs and the outputs, as run takes them */
  const char **names, **output_names;
  void **answers;
  int64_t rows;
  char error[2048];
};

static int refuse(score_model *model, const char *what, const char *why) {
  snprintf(model->error, sizeof model->error, "%s%s%s", what, why ? ": " : "", why ? why : "");
  return 1;
}

static int has_failed(score_model *model, const char *what, status *found) {
  if (!found) return 0;
  refuse(model, what, model->api->error_message(found));
  model->api->release_status(found);
  return 1;
}

static int load_library(score_model *model, const char *library) {
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return refuse(model, "cannot load onnxruntime", dlerror());
  const struct base *(*get_base)(void);
  void *found = dlsym(handle, "OrtGetApiBase");
  if (!found) return refuse(model, library, "got a library without OrtGetApiBase, expected onnxruntime");
  memcpy(&get_base, &found, sizeof found); /* as POSIX has it: a cast is no standard C */
  model->base = get_base();
  model->api = model->base->api(LEAST_API);
  if (!model->api) {
    char why[128];
    snprintf(why, sizeof why, "got onnxruntime %s, expected 1.%d or newer", model->base->version(), LEAST_API);
    return refuse(model, library, why);
  }
  return has_failed(model, "cannot start onnxruntime", model->api->create_env(SILENT, "score", &model->env)) ||
         has_failed(model, "cannot start onnxruntime", model->api->default_allocator(&model->allocator));
}

static int open_session(score_model *model, const void *bytes, size_t length) {
  const struct api *api = model->api;
  const char *what = "cannot open the model";
  void *options = NULL;
  int failed = has_failed(model, what, api->create_options(&options)) ||
               has_failed(model, what, api->set_severity(options, SILENT)) ||
               has_failed(model, what, api->set_intra_threads(options, 1)) ||
               has_failed(model, what, api->set_inter_threads(options, 1)) ||
               has_failed(model, what, api->create_session(model->env, bytes, length, options, &model->session));
  if (options) api->release_options(options);
  return failed;
}

static int describe_column(score_model *model, struct column *column, size_t place, int is_input) {
  const struct api *api = model->api;
  const char *what = "cannot describe the model";
  void *type = NULL;
  const void *tensor = NULL; /* a part of type */
  if (has_failed(model, what, (is_input ? api->input_name : api->output_name)(model->session, place, model->allocator, &column->name)) ||
      has_failed(model, what, (is_input ? api->input_type : api->output_type)(model->session, place, &type))) return 1;
  int failed = has_failed(model, what, api->tensor_type(type, &tensor)) ||
               (tensor && has_failed(model, what, api->element_type(tensor, &column->kind)));
  api->release_type(type);
  if (failed) return 1;
  int kind = column->kind;
  if (kind == SCORE_NUMBER || kind == SCORE_TEXT || kind == SCORE_INTEGER || kind == (is_input ? SCORE_BOOLEAN : SCORE_MASK)) return 0;
  return refuse(model, column->name, "got a tensor of another type, expected double, string, int64 or bool");
}

static int describe_columns(score_model *model) {
  const struct api *api = model->api;
  size_t inputs = 0, outputs = 0;
  if (has_failed(model, "cannot describe the model", api->input_count(model->session, &inputs)) ||
      has_failed(model, "cannot describe the model", api->output_count(model->session, &outputs))) return 1;
  model->inputs = calloc(inputs + 1, sizeof *model->inputs);
  model->outputs = calloc(outputs + 1, sizeof *model->outputs);
  model->fed = calloc(inputs + 1, sizeof *model->fed);
  model->names = calloc(inputs + 1, sizeof *model->names);
  model->output_names = calloc(outputs + 1, sizeof *model->output_names);
  model->answers = calloc(outputs + 1, sizeof *model->answers);
  if (!model->inputs || !model->outputs || !model->fed || !model->names || !model->output_names || !model->answers)
    return refuse(model, "no memory", NULL);
  model->input_count = (int)inputs;
  model->output_count = (int)outputs;
  for (size_t k = 0; k < inputs; k++) {
    if (describe_column(model, &model->inputs[k], k, 1)) return 1;
    model->names[k] = model->inputs[k].name;
  }
  for (size_t k = 0; k < outputs; k++) {
    if (describe_column(model, &model->outputs[k], k, 0)) return 1;
    model->output_names[k] = model->outputs[k].name;
  }
  return 0;
}

score_model *score_open(const char *library, const void *bytes, size_t length) {
  score_model *model = calloc(1, sizeof *model);
  if (!model) return NULL;
  if (!load_library(model, library) && !open_session(model, bytes, length)) describe_columns(model);
  return model;
}

static void empty_column(score_model *model, struct column *column) {
  if (column->tensor) model->api->release_value(column->tensor);
  free(column->bytes);
  free(column->offsets);
  column->tensor = column->bytes = NULL;
  column->offsets = NULL;
  column->rows = column->width = 0;
}

static void drop_columns(score_model *model, struct column *columns, int count) {
  for (int k = 0; k < count; k++) {
    empty_column(model, &columns[k]);
    if (columns[k].name) {
      status *ignored = model->api->allocator_free(model->allocator, columns[k].name);
      if (ignored) model->api->release_status(ignored);
    }
  }
  free(columns);
}

void score_close(score_model *model) {
  if (!model) return;
  drop_columns(model, model->inputs, model->input_count);
  drop_columns(model, model->outputs, model->output_count);
  free(model->fed);
  free(model->names);
  free(model->output_names);
  free(model->answers);
  if (model->session) model->api->release_session(model->session);
  if (model->env) model->api->release_env(model->env);
  free(model); /* the library stays loaded: its threads and other handles may still need it */
}

static const struct column *input_at(const score_model *model, int place) {
  return place < 0 || place >= model->input_count ? NULL : &model->inputs[place];
}

static const struct column *output_at(const score_model *model, int place) {
  return place < 0 || place >= model->output_count ? NULL : &model->outputs[place];
}

const char *score_error(const score_model *model) { return model ? model->error : "no memory"; }

const char *score_version(const score_model *model) { return model->base ? model->base->version() : ""; }

int score_inputs(const score_model *model) { return model->input_count; }

const char *score_input_name(const score_model *model, int input) {
  const struct column *column = input_at(model, input);
  return column ? column->name : NULL;
}

int score_input_kind(const score_model *model, int input) {
  const struct column *column = input_at(model, input);
  return column ? column->kind : 0;
}

int score_outputs(const score_model *model) { return model->output_count; }

const char *score_output_name(const score_model *model, int output) {
  const struct column *column = output_at(model, output);
  return column ? column->name : NULL;
}

int score_output_kind(const score_model *model, int output) {
  const struct column *column = output_at(model, output);
  return column ? column->kind : 0;
}

static int copy_texts(score_model *model, struct column *column, const char *bytes, const int64_t *offsets) {
  for (int64_t row = 0; row < column->rows; row++) {
    int64_t length = offsets[row + 1] - offsets[row];
    char *buffer = NULL;
    if (length < 0) return refuse(model, column->name, "got offsets that fall");
    if (has_failed(model, column->name, model->api->text_buffer(column->tensor, (size_t)row, (size_t)length, &buffer))) return 1;
    if (length) memcpy(buffer, bytes + offsets[row], (size_t)length);
  }
  return 0;
}

int score_set(score_model *model, int input, int64_t rows, const void *cells, const int64_t *offsets) {
  model->error[0] = 0;
  if (!input_at(model, input)) return refuse(model, "got a place beyond the inputs", NULL);
  struct column *column = &model->inputs[input];
  if (rows < 1 || !cells || (column->kind == SCORE_TEXT) != (offsets != NULL))
    return refuse(model, column->name, "expected cells of one row or more, with offsets for text alone");
  int64_t shape[] = {rows, 1};
  empty_column(model, column);
  if (has_failed(model, column->name, model->api->create_tensor(model->allocator, shape, 2, column->kind, &column->tensor))) return 1;
  column->rows = rows;
  if (column->kind == SCORE_TEXT) return copy_texts(model, column, cells, offsets);
  void *data = NULL;
  if (has_failed(model, column->name, model->api->tensor_data(column->tensor, &data))) return 1;
  memcpy(data, cells, (size_t)rows * (column->kind == SCORE_BOOLEAN ? sizeof(uint8_t) : sizeof(double)));
  return 0;
}

static int measure_output(score_model *model, struct column *column) {
  const struct api *api = model->api;
  void *shape = NULL;
  size_t count = 0;
  int64_t dimensions[MOST_DIMENSIONS] = {0, 1};
  if (has_failed(model, column->name, api->tensor_shape(column->tensor, &shape))) return 1;
  int failed = has_failed(model, column->name, api->dimension_count(shape, &count));
  if (!failed && (count < 1 || count > MOST_DIMENSIONS)) failed = refuse(model, column->name, "expected the shape [N] or [N, K]");
  failed = failed || has_failed(model, column->name, api->dimensions(shape, dimensions, count));
  api->release_shape(shape);
  column->rows = dimensions[0];
  column->width = dimensions[1];
  if (!failed && column->rows != model->rows) failed = refuse(model, column->name, "got answers for another number of rows");
  return failed;
}

static int read_texts(score_model *model, struct column *column) {
  size_t count = (size_t)(column->rows * column->width), length = 0;
  if (has_failed(model, column->name, model->api->text_length(column->tensor, &length))) return 1;
  size_t *starts = calloc(count + 1, sizeof *starts);
  column->bytes = malloc(length + 1);
  column->offsets = calloc(count + 1, sizeof *column->offsets);
  int failed = !starts || !column->bytes || !column->offsets;
  if (failed) refuse(model, "no memory", NULL);
  failed = failed || has_failed(model, column->name, model->api->text_content(column->tensor, column->bytes, length, starts, count));
  for (size_t k = 0; !failed && k < count; k++) column->offsets[k] = (int64_t)starts[k];
  if (!failed) {
    column->offsets[count] = (int64_t)length;
    column->bytes[length] = 0;
  }
  free(starts);
  return failed;
}

static int score_columns(score_model *model) {
  model->rows = model->input_count ? model->inputs[0].rows : 0;
  for (int k = 0; k < model->input_count; k++) {
    if (!model->inputs[k].tensor) return refuse(model, model->inputs[k].name, "the column was not set");
    if (model->inputs[k].rows != model->rows) return refuse(model, model->inputs[k].name, "got another number of rows than the first column");
    model->fed[k] = model->inputs[k].tensor;
  }
  for (int k = 0; k < model->output_count; k++) model->answers[k] = NULL;
  if (has_failed(model, "cannot score", model->api->run(model->session, NULL, model->names, model->fed, (size_t)model->input_count,
                                                       model->output_names, (size_t)model->output_count, model->answers))) return 1;
  for (int k = 0; k < model->output_count; k++) model->outputs[k].tensor = model->answers[k];
  for (int k = 0; k < model->output_count; k++) {
    struct column *output = &model->outputs[k];
    if (measure_output(model, output) || (output->kind == SCORE_TEXT && read_texts(model, output))) return 1;
  }
  return 0;
}

int score_run(score_model *model) {
  model->error[0] = 0;
  for (int k = 0; k < model->output_count; k++) empty_column(model, &model->outputs[k]);
  int failed = model->session ? score_columns(model) : refuse(model, "the model is not open", NULL);
  if (failed) {
    for (int k = 0; k < model->output_count; k++) empty_column(model, &model->outputs[k]);
    model->rows = 0;
  }
  return failed;
}

int64_t score_rows(const score_model *model) { return model->rows; }

int64_t score_width(const score_model *model, int output) {
  const struct column *column = output_at(model, output);
  return column ? column->width : 0;
}

const void *score_data(const score_model *model, int output) {
  const struct column *column = output_at(model, output);
  if (!column || !column->tensor) return NULL;
  if (column->kind == SCORE_TEXT) return column->bytes;
  void *data = NULL;
  status *failed = model->api->tensor_data(column->tensor, &data);
  if (failed) model->api->release_status(failed);
  return data;
}

const int64_t *score_offsets(const score_model *model, int output) {
  const struct column *column = output_at(model, output);
  return column ? column->offsets : NULL;
}
