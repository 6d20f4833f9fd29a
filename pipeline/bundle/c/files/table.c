/* See table.h. */

#include "table.h"

#include <stdlib.h>
#include <string.h>

static size_t count_signs(const char *text, size_t length, char sign) {
  size_t count = 0;
  for (size_t k = 0; k < length; k++) count += text[k] == sign;
  return count;
}

static char read_escape(char letter) {
  switch (letter) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case '0': return 0;
    default: return letter;
  }
}

/* Undoes the escapes of one field in its place, and ends it with a 0. */
static struct field unescape(char *start, const char *end) {
  char *to = start;
  for (const char *from = start; from < end; from++) {
    int is_escape = *from == '\\' && from + 1 < end;
    *to++ = is_escape ? read_escape(*++from) : *from;
  }
  *to = 0;
  return (struct field){start, (size_t)(to - start)};
}

int table_read(struct table *table, const char *text, size_t length) {
  size_t lines = count_signs(text, length, '\n');
  memset(table, 0, sizeof *table);
  table->text = malloc(length + 1);
  table->lines = calloc(lines + 1, sizeof *table->lines);
  table->fields = calloc(lines + count_signs(text, length, '\t') + 1, sizeof *table->fields);
  if (!table->text || !table->lines || !table->fields) {
    table_free(table);
    return 1;
  }
  memcpy(table->text, text, length);
  struct field *next = table->fields;
  for (char *at = table->text, *end = table->text + length; at < end;) {
    char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) break;
    struct line *line = &table->lines[table->count++];
    line->fields = next;
    while (at <= stop) {
      char *tab = memchr(at, '\t', (size_t)(stop - at));
      char *close = tab ? tab : stop;
      *next++ = unescape(at, close);
      line->count++;
      at = close + 1;
    }
  }
  return 0;
}

void table_free(struct table *table) {
  free(table->text);
  free(table->lines);
  free(table->fields);
  memset(table, 0, sizeof *table);
}

int field_is(const struct field *field, const char *word) {
  return field->length == strlen(word) && !memcmp(field->text, word, field->length);
}

int fields_equal(const struct field *one, const struct field *other) {
  return one->length == other->length && !memcmp(one->text, other->text, one->length);
}

size_t table_find(const struct table *table, size_t from, const char *word) {
  while (from < table->count && !field_is(&table->lines[from].fields[0], word)) from++;
  return from;
}
