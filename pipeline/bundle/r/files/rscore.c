/* What R calls of score.h, by .Call; and three things that R does otherwise than the contract says:
   reading a decimal to the nearest double, writing the shortest one, and whole numbers of 64 bits. */

#include <fenv.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <R.h>
#include <Rinternals.h>

#include "score.h"
#include "sha256.h"

static void close_model(SEXP handle) {
  score_close(R_ExternalPtrAddr(handle));
  R_ClearExternalPtr(handle);
}

static score_model *model_of(SEXP handle) {
  score_model *model = R_ExternalPtrAddr(handle);
  if (model == NULL) error("the scorer is closed: open_scorer() again");
  return model;
}

SEXP rs_open(SEXP library, SEXP bytes) {
  score_model *model = score_open(CHAR(STRING_ELT(library, 0)), RAW(bytes), (size_t)XLENGTH(bytes));
  if (model == NULL) error("no memory");
  SEXP handle = PROTECT(R_MakeExternalPtr(model, R_NilValue, R_NilValue));
  R_RegisterCFinalizerEx(handle, close_model, TRUE);
  if (*score_error(model)) error("%s", score_error(model));
  UNPROTECT(1);
  return handle;
}

SEXP rs_version(SEXP handle) { return mkString(score_version(model_of(handle))); }

SEXP rs_sha256(SEXP bytes) {
  char text[SHA256_TEXT];
  sha256_bytes(RAW(bytes), (size_t)XLENGTH(bytes), text);
  return mkString(text);
}

static int64_t nanoseconds(double seconds, double rest) {
  return ISNAN(seconds) ? INT64_MIN : (int64_t)seconds * 1000000000 + (int64_t)rest;
}

/* A date is seconds and nanoseconds, both whole: R has no integer of 64 bits. */
SEXP rs_nanoseconds(SEXP seconds, SEXP rest) {
  char text[32];
  snprintf(text, sizeof text, "%" PRId64, nanoseconds(asReal(seconds), asReal(rest)));
  return mkString(text);
}

SEXP rs_numbers(SEXP texts) {
  SEXP found = PROTECT(allocVector(REALSXP, XLENGTH(texts)));
  for (R_xlen_t k = 0; k < XLENGTH(texts); k++) REAL(found)[k] = strtod(CHAR(STRING_ELT(texts, k)), NULL);
  UNPROTECT(1);
  return found;
}

/* Writes a double with so many digits, rounded as the processor is told to. */
static int reads_back(char *text, size_t size, int digits, double value, int rounding) {
  fesetround(rounding);
  snprintf(text, size, "%.*e", digits - 1, value);
  fesetround(FE_TONEAREST);
  return strtod(text, NULL) == value;
}

/* The digits of a whole number; of another the fewest that read as the same double. */
SEXP rs_shortest(SEXP numbers) {
  SEXP found = PROTECT(allocVector(STRSXP, XLENGTH(numbers)));
  for (R_xlen_t k = 0; k < XLENGTH(numbers); k++) {
    double value = REAL(numbers)[k], size = value < 0 ? -value : value;
    char text[400];
    int digits = 1;
    if (size >= 9007199254740992.0 || size == (double)(int64_t)size) {
      snprintf(text, sizeof text, "%.0f", value == 0 ? 0.0 : value);
    } else {
      /* of a power of two the shortest may be the neighbour of the nearest */
      while (!reads_back(text, sizeof text, digits, value, FE_TONEAREST) &&
             !reads_back(text, sizeof text, digits, value, value < 0 ? FE_DOWNWARD : FE_UPWARD))
        digits++;
      if (size >= 1e-4) {
        int exponent = atoi(strchr(text, 'e') + 1);
        snprintf(text, sizeof text, "%.*f", digits - 1 - exponent, strtod(text, NULL));
      }
    }
    SET_STRING_ELT(found, k, mkChar(text));
  }
  UNPROTECT(1);
  return found;
}

static void set_text(score_model *model, int input, SEXP cells) {
  R_xlen_t rows = XLENGTH(cells);
  int64_t *offsets = (int64_t *)R_alloc((size_t)rows + 1, sizeof *offsets);
  offsets[0] = 0;
  for (R_xlen_t k = 0; k < rows; k++) offsets[k + 1] = offsets[k] + LENGTH(STRING_ELT(cells, k));
  char *bytes = R_alloc((size_t)offsets[rows] + 1, 1);
  for (R_xlen_t k = 0; k < rows; k++)
    memcpy(bytes + offsets[k], CHAR(STRING_ELT(cells, k)), (size_t)(offsets[k + 1] - offsets[k]));
  score_set(model, input, rows, bytes, offsets);
}

static void set_column(score_model *model, int input, SEXP cells) {
  int kind = score_input_kind(model, input);
  if (kind == SCORE_TEXT) {
    set_text(model, input, cells);
  } else if (kind == SCORE_NUMBER) {
    score_set(model, input, XLENGTH(cells), REAL(cells), NULL);
  } else if (kind == SCORE_BOOLEAN) {
    R_xlen_t rows = XLENGTH(cells);
    uint8_t *flags = (uint8_t *)R_alloc((size_t)rows, 1);
    for (R_xlen_t k = 0; k < rows; k++) flags[k] = LOGICAL(cells)[k] == 1;
    score_set(model, input, rows, flags, NULL);
  } else {
    SEXP seconds = VECTOR_ELT(cells, 0), rest = VECTOR_ELT(cells, 1);
    R_xlen_t rows = XLENGTH(seconds);
    int64_t *dates = (int64_t *)R_alloc((size_t)rows, sizeof *dates);
    for (R_xlen_t k = 0; k < rows; k++) dates[k] = nanoseconds(REAL(seconds)[k], REAL(rest)[k]);
    score_set(model, input, rows, dates, NULL);
  }
}

static SEXP answer(score_model *model, int output) {
  int64_t rows = score_rows(model), width = score_width(model, output), count = rows * width;
  int kind = score_output_kind(model, output);
  const void *data = score_data(model, output);
  SEXP found;
  if (kind == SCORE_TEXT) {
    const int64_t *offsets = score_offsets(model, output);
    found = PROTECT(allocVector(STRSXP, count));
    for (int64_t k = 0; k < count; k++)
      SET_STRING_ELT(found, k, mkCharLenCE((const char *)data + offsets[k], (int)(offsets[k + 1] - offsets[k]), CE_UTF8));
  } else {
    found = PROTECT(allocVector(REALSXP, count));
    for (int64_t k = 0; k < count; k++) {
      int64_t place = k % rows * width + k / rows; /* R keeps matrices by columns */
      if (kind == SCORE_NUMBER) {
        REAL(found)[k] = ((const double *)data)[place];
      } else {
        int64_t whole = ((const int64_t *)data)[place];
        REAL(found)[k] = whole == INT64_MIN ? NA_REAL : (double)whole;
      }
    }
  }
  UNPROTECT(1);
  return found;
}

/* Answers by the outputs' names, for columns by the inputs' names. */
SEXP rs_score(SEXP handle, SEXP columns) {
  score_model *model = model_of(handle);
  SEXP names = getAttrib(columns, R_NamesSymbol);
  for (int k = 0; k < score_inputs(model); k++) {
    for (R_xlen_t place = 0; place < XLENGTH(names); place++)
      if (strcmp(CHAR(STRING_ELT(names, place)), score_input_name(model, k)) == 0)
        set_column(model, k, VECTOR_ELT(columns, place));
    if (*score_error(model)) error("%s", score_error(model));
  }
  if (score_run(model)) error("%s", score_error(model));
  int outputs = score_outputs(model);
  SEXP found = PROTECT(allocVector(VECSXP, outputs)), named = PROTECT(allocVector(STRSXP, outputs));
  for (int k = 0; k < outputs; k++) {
    SET_VECTOR_ELT(found, k, answer(model, k));
    SET_STRING_ELT(named, k, mkCharCE(score_output_name(model, k), CE_UTF8));
  }
  setAttrib(found, R_NamesSymbol, named);
  UNPROTECT(2);
  return found;
}
