/* Regular expressions of the feed contract: literals, classes, groups, alternatives, repetition.
   A whole text is matched in time that grows with its length, whatever the text. */

#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

enum { MOST_GROUPS = 12 };

struct span {
  const char *text; /* NULL: the group took no part */
  size_t length;
};

struct pattern;

/* NULL for what is no such expression, and without memory. */
struct pattern *pattern_compile(const char *text, size_t length);
void pattern_free(struct pattern *pattern);

/* 1 if the whole text matches; then spans[k] is the numbered group k + 1. */
int pattern_match(const struct pattern *pattern, const char *text, size_t length, struct span spans[MOST_GROUPS]);

/* The character at a place of UTF-8, and its bytes; 0 bytes where it is none. */
uint32_t read_character(const char *at, const char *end, size_t *bytes);

#endif
