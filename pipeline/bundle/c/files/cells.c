/* See cells.h. */

#include "cells.h"

#include <math.h>
#include <string.h>

struct cell missing_cell(void) { return (struct cell){.kind = CELL_MISSING}; }

struct cell number_cell(double number) {
  return (struct cell){.kind = isnan(number) ? CELL_MISSING : CELL_NUMBER, .number = number};
}

struct cell integer_cell(int64_t integer) { return (struct cell){.kind = CELL_INTEGER, .integer = integer}; }

struct cell boolean_cell(bool is_true) { return (struct cell){.kind = CELL_BOOLEAN, .integer = is_true}; }

struct cell text_cell(const char *text) { return text ? text_cell_of(text, strlen(text)) : missing_cell(); }

struct cell text_cell_of(const char *text, size_t length) {
  return (struct cell){.kind = CELL_TEXT, .text = text, .length = length};
}
