/* What model.tsv says of a model's columns: the feed contract. */

#ifndef CONTRACT_H
#define CONTRACT_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pattern.h"
#include "table.h"

enum column_kind { COLUMN_NUMBER, COLUMN_TEXT, COLUMN_BOOLEAN, COLUMN_DATE };
enum { MOST_GRAMMARS = 2 };

/* How text is read; the names of the groups are the fields of its line from the fourth on. */
struct grammar {
  struct pattern *pattern;
  struct field trimmed;
  struct line line;
};

/* One column; words of a line are its fields from the second on. */
struct column {
  struct field name;
  enum column_kind kind;
  struct line missing, categories, thousands;
  struct field true_word, false_word, decimal;
  bool whole;
  int grammar_count;
  struct grammar grammars[MOST_GRAMMARS];
};

struct contract {
  struct table table; /* what fields and lines lie in */
  locale_t locale;    /* in which a decimal point is a point */
  double limit;
  int first_year, last_year;
  int64_t missing_date;
  struct line true_words, false_words;
  struct field trimmed;
  size_t label_count, required_count, column_count;
  struct field *labels; /* as cells are written in the file */
  struct column *columns;
};

/* Reads model.tsv; NULL, or why it cannot be read. Close it in any case. */
const char *contract_read(struct contract *contract, const char *text, size_t length);
void contract_close(struct contract *contract);

/* Reads the block of a column that begins at a line; NULL, or why it cannot be read. */
const char *column_read(struct column *column, const struct table *table, size_t place);
void column_close(struct column *column);

#endif
