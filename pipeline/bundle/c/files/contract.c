/* See contract.h. */

#define _POSIX_C_SOURCE 200809L

#include "contract.h"

#include <stdlib.h>
#include <string.h>

static const char DAMAGED[] = "model.tsv or feed_cases.tsv: got other lines than a bundle has";
static const char NO_MEMORY[] = "no memory";

/* The first line of a word from a place on and before the next column; NULL if it has too few fields. */
static const struct line *line_of(const struct table *table, size_t place, const char *word, size_t fields) {
  for (size_t k = place; k < table->count; k++) {
    const struct line *line = &table->lines[k];
    if (k > place && field_is(&line->fields[0], "column")) return NULL;
    if (field_is(&line->fields[0], word)) return line->count >= fields ? line : NULL;
  }
  return NULL;
}

static const char *read_grammars(struct column *column, const struct table *table, size_t place) {
  for (size_t k = place + 1; k < table->count && !field_is(&table->lines[k].fields[0], "column"); k++) {
    const struct line *line = &table->lines[k];
    if (!field_is(&line->fields[0], "grammar")) continue;
    if (line->count < 3 || line->count > 3 + MOST_GROUPS || column->grammar_count == MOST_GRAMMARS) return DAMAGED;
    struct grammar *grammar = &column->grammars[column->grammar_count++];
    grammar->trimmed = line->fields[2];
    grammar->line = *line;
    grammar->pattern = pattern_compile(line->fields[1].text, line->fields[1].length);
    if (!grammar->pattern) return "model.tsv: got a grammar that this program cannot read";
  }
  return NULL;
}

const char *column_read(struct column *column, const struct table *table, size_t place) {
  static const char *const kinds[] = {"number", "text", "boolean", "date"};
  memset(column, 0, sizeof *column);
  const struct line *head = &table->lines[place], *missing = line_of(table, place, "missing", 1);
  const struct line *words = line_of(table, place, "words", 3), *whole = line_of(table, place, "whole", 2);
  const struct line *decimal = line_of(table, place, "decimal", 2), *thousands = line_of(table, place, "thousands", 1);
  const struct line *categories = line_of(table, place, "categories", 1);
  if (head->count < 3 || !missing || !words || !whole || !decimal || !thousands || !categories) return DAMAGED;
  int kind = 0;
  while (kind < 4 && !field_is(&head->fields[2], kinds[kind])) kind++;
  if (kind == 4) return DAMAGED;
  column->name = head->fields[1];
  column->kind = (enum column_kind)kind;
  column->missing = *missing;
  column->true_word = words->fields[1];
  column->false_word = words->fields[2];
  column->whole = field_is(&whole->fields[1], "t");
  column->decimal = decimal->fields[1];
  column->thousands = *thousands;
  column->categories = *categories;
  return read_grammars(column, table, place);
}

void column_close(struct column *column) {
  for (int k = 0; k < column->grammar_count; k++) pattern_free(column->grammars[k].pattern);
  column->grammar_count = 0;
}

/* What holds for every column. */
static const char *read_rules(struct contract *contract) {
  const struct table *table = &contract->table;
  const struct line *version = line_of(table, 0, "version", 2), *limit = line_of(table, 0, "limit", 2);
  const struct line *years = line_of(table, 0, "years", 3), *missing = line_of(table, 0, "missing_date", 2);
  const struct line *trues = line_of(table, 0, "true", 1), *falses = line_of(table, 0, "false", 1);
  const struct line *trimmed = line_of(table, 0, "trimmed", 2);
  if (!version || !limit || !years || !missing || !trues || !falses || !trimmed) return DAMAGED;
  if (!field_is(&version->fields[1], "1")) return "model.tsv: got a feed contract of another version, expected 1";
  contract->limit = strtod(limit->fields[1].text, NULL);
  contract->first_year = atoi(years->fields[1].text);
  contract->last_year = atoi(years->fields[2].text);
  contract->missing_date = strtoll(missing->fields[1].text, NULL, 10);
  contract->true_words = *trues;
  contract->false_words = *falses;
  contract->trimmed = trimmed->fields[1];
  return NULL;
}

static const char *read_columns(struct contract *contract) {
  const struct table *table = &contract->table;
  contract->labels = calloc(table->count + 1, sizeof *contract->labels);
  contract->columns = calloc(table->count + 1, sizeof *contract->columns);
  if (!contract->labels || !contract->columns) return NO_MEMORY;
  for (size_t k = 0; k < table->count; k++) {
    const struct line *line = &table->lines[k];
    if (field_is(&line->fields[0], "label") && line->count == 2) contract->labels[contract->label_count++] = line->fields[1];
    if (field_is(&line->fields[0], "required")) contract->required_count++;
    if (!field_is(&line->fields[0], "column")) continue;
    const char *why = column_read(&contract->columns[contract->column_count++], table, k);
    if (why) return why;
  }
  return contract->column_count ? NULL : DAMAGED;
}

const char *contract_read(struct contract *contract, const char *text, size_t length) {
  memset(contract, 0, sizeof *contract);
  contract->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!contract->locale || table_read(&contract->table, text, length)) return NO_MEMORY;
  locale_t kept = uselocale(contract->locale);
  const char *why = read_rules(contract);
  uselocale(kept);
  return why ? why : read_columns(contract);
}

void contract_close(struct contract *contract) {
  for (size_t k = 0; k < contract->column_count; k++) column_close(&contract->columns[k]);
  free(contract->columns);
  free(contract->labels);
  if (contract->locale) freelocale(contract->locale);
  table_free(&contract->table);
  memset(contract, 0, sizeof *contract);
}
