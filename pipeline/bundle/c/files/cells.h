/* Cells of a table, of any kind. */

#ifndef CELLS_H
#define CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell_kind { CELL_MISSING, CELL_NUMBER, CELL_INTEGER, CELL_BOOLEAN, CELL_TEXT };

/* What a cell holds, before its column says what that means. */
struct cell {
  enum cell_kind kind;
  double number;
  int64_t integer; /* also 0 or 1 of a boolean */
  const char *text;
  size_t length;
};

struct cell missing_cell(void);
struct cell number_cell(double number);    /* NaN is missing */
struct cell integer_cell(int64_t integer);
struct cell boolean_cell(bool is_true);
struct cell text_cell(const char *text);   /* NULL is missing */
struct cell text_cell_of(const char *text, size_t length); /* may hold a 0, which is refused */

#endif
