/* See feeds.h. */

#define _POSIX_C_SOURCE 200809L

#include "feeds.h"

#include <fenv.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dates.h"

static const char FINITE[] = "a finite number within \xc2\xb1" "3.4e38";

static bool is_among(const struct line *words, size_t from, const char *text, size_t length) {
  struct field sought = {text, length};
  for (size_t k = from; k < words->count; k++)
    if (fields_equal(&words->fields[k], &sought)) return true;
  return false;
}

static bool is_missing(const struct column *column, const struct cell *cell) {
  if (cell->kind != CELL_TEXT) return cell->kind == CELL_MISSING;
  return !cell->length || is_among(&column->missing, 1, cell->text, cell->length);
}

static bool holds_sign(const struct field *signs, const char *sign, size_t bytes) {
  for (const char *at = signs->text, *end = at + signs->length; at < end;) {
    size_t size;
    read_character(at, end, &size);
    if (!size) return false;
    if (size == bytes && !memcmp(at, sign, bytes)) return true;
    at += size;
  }
  return false;
}

/* Takes the signs of a list off both ends of a text. */
static struct span trim(const char *text, size_t length, const struct field *signs) {
  const char *from = text, *to = text + length;
  size_t bytes;
  while (from < to && (read_character(from, to, &bytes), bytes) && holds_sign(signs, from, bytes)) from += bytes;
  while (from < to) {
    const char *last = to - 1;
    while (last > from && (*last & 0xc0) == 0x80) last--;
    if (!holds_sign(signs, last, (size_t)(to - last))) break;
    to = last;
  }
  return (struct span){from, (size_t)(to - from)};
}

/* The grammar that a whole text fits, with its groups and the trimmed text; NULL for none. */
static const struct grammar *read_groups(const struct column *column, const struct cell *cell, struct span *bare,
                                         struct span groups[MOST_GROUPS]) {
  for (int k = 0; k < column->grammar_count; k++) {
    const struct grammar *grammar = &column->grammars[k];
    *bare = trim(cell->text, cell->length, &grammar->trimmed);
    if (pattern_match(grammar->pattern, bare->text, bare->length, groups)) return grammar;
  }
  return NULL;
}

/* A group by its name; groups are named from the fourth field of their line on. */
static struct span group_of(const struct grammar *grammar, const struct span *groups, const char *name) {
  for (size_t k = 3; k < grammar->line.count; k++)
    if (field_is(&grammar->line.fields[k], name)) return groups[k - 3];
  return (struct span){NULL, 0};
}

/* Digits with the separators left out and a point as C reads it; the caller frees it. */
static char *plain_digits(const struct column *column, struct span digits) {
  char *plain = malloc(digits.length + 1), *to = plain;
  if (!plain) return NULL;
  for (const char *at = digits.text, *end = at + digits.length; at < end;) {
    size_t bytes;
    read_character(at, end, &bytes);
    if (!bytes) bytes = 1;
    struct field sign = {at, bytes};
    bool is_left_out = false;
    for (size_t k = 1; k < column->thousands.count; k++) is_left_out |= fields_equal(&column->thousands.fields[k], &sign);
    if (fields_equal(&column->decimal, &sign)) *to++ = '.';
    else if (!is_left_out) to = (char *)memcpy(to, at, bytes) + bytes;
    at += bytes;
  }
  *to = 0;
  return plain;
}

static const char *parse_number(const struct column *column, const struct cell *cell, double *number) {
  struct span bare, groups[MOST_GROUPS];
  const struct grammar *grammar = read_groups(column, cell, &bare, groups);
  if (!grammar) return "a number";
  struct span digits = group_of(grammar, groups, "digits");
  struct span before = group_of(grammar, groups, "before"), behind = group_of(grammar, groups, "behind");
  if (before.length && behind.length) return "a number";
  char *plain = plain_digits(column, digits.text ? digits : bare);
  if (!plain) return "more memory";
  *number = strtod(plain, NULL);
  free(plain);
  bool is_negative = (before.length && *before.text == '-') || (behind.length && *behind.text == '-');
  if (is_negative) *number = -*number;
  return NULL;
}

static const char *feed_number(const struct contract *contract, const struct column *column, const struct cell *cell, struct value *value) {
  const char *expected = NULL;
  if (is_missing(column, cell)) {
    value->number = NAN;
    return NULL;
  }
  if (cell->kind == CELL_TEXT) expected = parse_number(column, cell, &value->number);
  else value->number = cell->kind == CELL_NUMBER ? cell->number : (double)cell->integer;
  if (!expected && !(fabs(value->number) <= contract->limit)) expected = FINITE;
  return expected;
}

static void take_text(struct value *value, const char *text, size_t length) {
  value->text = text;
  value->length = length;
}

/* A whole number has its digits, any other the shortest decimal that reads as the same double. */
static void write_number(const struct cell *cell, struct value *value) {
  size_t size = sizeof value->written;
  int length = 0;
  if (cell->kind == CELL_INTEGER) length = snprintf(value->written, size, "%lld", (long long)cell->integer);
  else if (floor(cell->number) == cell->number) length = snprintf(value->written, size, "%.0f", cell->number + 0.0);
  /* of a power of two the shortest may be the neighbour of the nearest */
  const int away = cell->number < 0 ? FE_DOWNWARD : FE_UPWARD;
  for (int turn = 2; !length && turn < 36; turn++) {
    fesetround(turn % 2 ? away : FE_TONEAREST);
    snprintf(value->written, size, "%.*g", turn / 2, cell->number);
    fesetround(FE_TONEAREST);
    if (strtod(value->written, NULL) == cell->number) length = (int)strlen(value->written);
  }
  take_text(value, value->written, (size_t)length);
}

static bool is_unicode(const char *at, size_t length) {
  for (const char *end = at + length; at < end;) {
    size_t bytes;
    read_character(at, end, &bytes);
    if (!bytes) return false;
    at += bytes;
  }
  return true;
}

static bool is_word(const char *text, size_t length, const char *word) {
  if (length != strlen(word)) return false;
  for (size_t k = 0; k < length; k++) {
    char letter = text[k] >= 'A' && text[k] <= 'Z' ? (char)(text[k] - 'A' + 'a') : text[k];
    if (letter != word[k]) return false;
  }
  return true;
}

/* The digits before ".0" where they are a known category and the whole text is none; else its length. */
static size_t whole_length(const struct column *column, const char *text, size_t length) {
  size_t zeros = length, digits;
  while (zeros && text[zeros - 1] == '0') zeros--;
  if (!column->whole || zeros == length || zeros < 2 || text[zeros - 1] != '.') return length;
  digits = zeros - 1;
  for (size_t k = text[0] == '-'; k < digits; k++)
    if (text[k] < '0' || text[k] > '9') return length;
  if (digits == (text[0] == '-')) return length;
  bool is_known = is_among(&column->categories, 1, text, digits) && !is_among(&column->categories, 1, text, length);
  return is_known ? digits : length;
}

static const char *feed_text(const struct column *column, const struct cell *cell, struct value *value) {
  const struct field *word = NULL;
  if (is_missing(column, cell)) {
    take_text(value, "", 0);
    return NULL;
  }
  if (cell->kind == CELL_BOOLEAN) {
    word = cell->integer ? &column->true_word : &column->false_word;
    take_text(value, word->text, word->length);
    return word->length ? NULL : "text";
  }
  if (cell->kind != CELL_TEXT) {
    bool is_whole = cell->kind == CELL_INTEGER || floor(cell->number) == cell->number;
    if (is_whole && !column->whole) return "text: leading zeros, which this column had in training, are lost in a number";
    if (cell->kind == CELL_NUMBER && isinf(cell->number)) return "text";
    write_number(cell, value);
    return NULL;
  }
  if (memchr(cell->text, 0, cell->length)) return "text without NUL, where other runtimes cut it off";
  if (!is_unicode(cell->text, cell->length)) return "text that is UTF-8";
  size_t whole = whole_length(column, cell->text, cell->length);
  take_text(value, cell->text, whole);
  if (whole < cell->length) return NULL;
  if (is_word(cell->text, cell->length, "true")) word = &column->true_word;
  if (is_word(cell->text, cell->length, "false")) word = &column->false_word;
  if (word && word->length) take_text(value, word->text, word->length);
  return NULL;
}

static bool is_one_of(const struct line *words, const struct span *text) {
  for (size_t k = 1; k < words->count; k++)
    if (is_word(text->text, text->length, words->fields[k].text)) return true;
  return false;
}

static const char *feed_boolean(const struct contract *contract, const struct column *column, const struct cell *cell, struct value *value) {
  if (is_missing(column, cell)) return "true or false, not a missing value";
  if (cell->kind == CELL_TEXT) {
    struct span bare = trim(cell->text, cell->length, &contract->trimmed);
    value->integer = is_one_of(&contract->true_words, &bare);
    return value->integer || is_one_of(&contract->false_words, &bare) ? NULL : "true or false";
  }
  double number = cell->kind == CELL_NUMBER ? cell->number : (double)cell->integer;
  value->integer = number == 1;
  return number == 0 || number == 1 ? NULL : "true or false";
}

static const char *feed_date(const struct contract *contract, const struct column *column, const struct cell *cell, struct value *value) {
  static const char *const names[] = {"year", "month", "day", "hour", "minute", "second", "fraction", "half", "zone"};
  struct span bare, groups[MOST_GROUPS], parts[9];
  value->integer = contract->missing_date;
  if (is_missing(column, cell)) return NULL;
  const struct grammar *grammar = cell->kind == CELL_TEXT ? read_groups(column, cell, &bare, groups) : NULL;
  if (!grammar) return "a date";
  for (int k = 0; k < 9; k++) parts[k] = group_of(grammar, groups, names[k]);
  struct date_parts date = {parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], parts[7], parts[8]};
  to_nanoseconds(&date, contract->first_year, contract->last_year, &value->integer);
  return NULL;
}

static const char *feed_by_kind(const struct contract *contract, const struct column *column, const struct cell *cell, struct value *value) {
  switch (column->kind) {
    case COLUMN_NUMBER: return feed_number(contract, column, cell, value);
    case COLUMN_TEXT: return feed_text(column, cell, value);
    case COLUMN_BOOLEAN: return feed_boolean(contract, column, cell, value);
    default: return feed_date(contract, column, cell, value);
  }
}

const char *feed_cell(const struct contract *contract, const struct column *column, const struct cell *cell, struct value *value) {
  locale_t kept = uselocale(contract->locale);
  const char *expected = feed_by_kind(contract, column, cell, value);
  uselocale(kept);
  return expected;
}
