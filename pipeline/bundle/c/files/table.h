/* Tab-separated lines: model.tsv, golden.tsv, feed_cases.tsv. */

#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

struct field {
  const char *text; /* may hold a 0; one follows it */
  size_t length;
};

struct line {
  size_t count;
  struct field *fields;
};

struct table {
  size_t count;
  struct line *lines;
  struct field *fields; /* of all lines */
  char *text;
};

/* Splits a copy of a file's text and undoes its escapes; 1 without memory. */
int table_read(struct table *table, const char *text, size_t length);
void table_free(struct table *table);

int field_is(const struct field *field, const char *word);
int fields_equal(const struct field *one, const struct field *other);

/* The place of a line that begins with a word, from a place on; the count of lines if there is none. */
size_t table_find(const struct table *table, size_t from, const char *word);

#endif
