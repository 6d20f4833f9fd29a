/* Cells to tensor values, by the feed contract. */

#ifndef FEEDS_H
#define FEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cells.h"
#include "contract.h"

/* What a cell is in the tensor: a number, nanoseconds, 0 or 1, or text. */
struct value {
  double number;
  int64_t integer;
  const char *text; /* of the cell, of the column, or `written` */
  size_t length;
  char written[320];
};

/* NULL when the cell has a value in its column, or what was expected instead. */
const char *feed_cell(const struct contract *contract, const struct column *column, const struct cell *cell, struct value *value);

#endif
