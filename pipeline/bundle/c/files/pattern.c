/* See pattern.h. An expression is compiled to a program whose threads walk a text side by side, in
   the order in which a backtracking engine would try them (Thompson, Pike). */

#include "pattern.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 2048, MOST_RANGES = 2048, MOST_DEPTH = 64, PLACES = 2 * MOST_GROUPS };

enum action { MATCH_RANGES, FORK, JUMP, SAVE, DONE };

struct step {
  enum action action;
  int first, second; /* ranges from, to; steps to go on with, the first one preferred; a place */
};

struct range {
  uint32_t first, last;
};

struct pattern {
  int steps, ranges, groups;
  struct step program[MOST_STEPS];
  struct range signs[MOST_RANGES];
};

struct parser {
  struct pattern *pattern;
  const char *at, *end;
  int failed, depth;
};

uint32_t read_character(const char *at, const char *end, size_t *bytes) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *byte = (const unsigned char *)at;
  *bytes = 0;
  if (at >= end) return 0;
  size_t size = byte[0] < 0x80 ? 1 : byte[0] < 0xc0 ? 0 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : byte[0] < 0xf8 ? 4 : 0;
  if (!size || (size_t)(end - at) < size) return 0;
  uint32_t sign = size == 1 ? byte[0] : byte[0] & (0x7fu >> size);
  for (size_t k = 1; k < size; k++) {
    if ((byte[k] & 0xc0) != 0x80) return 0;
    sign = sign << 6 | (byte[k] & 0x3f);
  }
  if (sign < least[size] || sign > 0x10ffff || (sign >= 0xd800 && sign <= 0xdfff)) return 0;
  *bytes = size;
  return sign;
}

static int add_step(struct parser *parser, enum action action, int first, int second) {
  struct pattern *pattern = parser->pattern;
  if (pattern->steps >= MOST_STEPS) {
    parser->failed = 1;
    return 0;
  }
  pattern->program[pattern->steps] = (struct step){action, first, second};
  return pattern->steps++;
}

static uint32_t next_sign(struct parser *parser) {
  size_t bytes;
  uint32_t sign = read_character(parser->at, parser->end, &bytes);
  if (!bytes) parser->failed = 1;
  parser->at += bytes;
  return sign;
}

static int looks_at(const struct parser *parser, char sign) { return parser->at < parser->end && *parser->at == sign; }

/* A sign that may be escaped: \t and \n, and any other sign for itself. */
static uint32_t read_sign(struct parser *parser) {
  uint32_t sign = next_sign(parser);
  if (sign != '\\') return sign;
  sign = next_sign(parser);
  if (sign == 't') return '\t';
  if (sign == 'n') return '\n';
  if (sign < 0x80 && ((sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') || (sign >= '0' && sign <= '9')))
    parser->failed = 1; /* \d and the like */
  return sign;
}

static void add_range(struct parser *parser, uint32_t first, uint32_t last) {
  struct pattern *pattern = parser->pattern;
  if (pattern->ranges >= MOST_RANGES) parser->failed = 1;
  else pattern->signs[pattern->ranges++] = (struct range){first, last};
}

static void parse_class(struct parser *parser) {
  int first = parser->pattern->ranges;
  if (looks_at(parser, '^')) parser->failed = 1;
  while (!parser->failed && !looks_at(parser, ']')) {
    uint32_t from = read_sign(parser), to = from;
    if (looks_at(parser, '-') && parser->at + 1 < parser->end && parser->at[1] != ']') {
      parser->at++;
      to = read_sign(parser);
    }
    add_range(parser, from, to);
  }
  if (!parser->failed) parser->at++;
  add_step(parser, MATCH_RANGES, first, parser->pattern->ranges);
}

static void parse_alternatives(struct parser *parser);

static void parse_group(struct parser *parser) {
  int group = -1;
  if (parser->end - parser->at >= 2 && !memcmp(parser->at, "?:", 2)) parser->at += 2;
  else if (looks_at(parser, '?') || parser->pattern->groups == MOST_GROUPS) parser->failed = 1;
  else group = parser->pattern->groups++;
  if (group >= 0) add_step(parser, SAVE, 2 * group, 0);
  if (++parser->depth > MOST_DEPTH) parser->failed = 1;
  if (!parser->failed) parse_alternatives(parser);
  parser->depth--;
  if (!looks_at(parser, ')')) parser->failed = 1;
  else parser->at++;
  if (group >= 0) add_step(parser, SAVE, 2 * group + 1, 0);
}

static void parse_atom(struct parser *parser) {
  if (looks_at(parser, '(')) {
    parser->at++;
    parse_group(parser);
  } else if (looks_at(parser, '[')) {
    parser->at++;
    parse_class(parser);
  } else if (strchr("*+?{.^$", *parser->at)) {
    parser->failed = 1;
  } else {
    uint32_t sign = read_sign(parser);
    add_range(parser, sign, sign);
    add_step(parser, MATCH_RANGES, parser->pattern->ranges - 1, parser->pattern->ranges);
  }
}

static int parse_count(struct parser *parser) {
  int count = 0;
  if (parser->at == parser->end || *parser->at < '0' || *parser->at > '9') parser->failed = 1;
  while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9' && count < MOST_STEPS)
    count = 10 * count + (*parser->at++ - '0');
  return count;
}

/* How often what stands before may come; a most of -1 is without end. */
static int parse_repetition(struct parser *parser, int *least, int *most) {
  *least = *most = 1;
  if (parser->at == parser->end) return 0;
  switch (*parser->at) {
    case '?': *least = 0; break;
    case '*': *least = 0, *most = -1; break;
    case '+': *most = -1; break;
    case '{':
      parser->at++;
      *least = *most = parse_count(parser);
      if (looks_at(parser, ',')) {
        parser->at++;
        *most = parse_count(parser);
      }
      if (!looks_at(parser, '}')) parser->failed = 1;
      break;
    default: return 0;
  }
  parser->at++;
  return 1;
}

/* Writes the steps from a place on once more at the end of the program. */
static void copy_steps(struct parser *parser, const struct step *steps, int count, int from) {
  int moved = parser->pattern->steps - from;
  for (int k = 0; k < count && !parser->failed; k++) {
    struct step step = steps[k];
    int moves = step.action == FORK || step.action == JUMP;
    add_step(parser, step.action, step.first + (moves ? moved : 0), step.second + (moves ? moved : 0));
  }
}

static void repeat_steps(struct parser *parser, int from, int least, int most) {
  struct pattern *pattern = parser->pattern;
  int count = pattern->steps - from;
  struct step *steps = malloc(((size_t)count + 1) * sizeof *steps);
  if (!steps) {
    parser->failed = 1;
    return;
  }
  memcpy(steps, pattern->program + from, (size_t)count * sizeof *steps);
  pattern->steps = from;
  for (int k = 0; k < least && !parser->failed; k++) copy_steps(parser, steps, count, from);
  if (most < 0) {
    int fork = add_step(parser, FORK, 0, 0);
    copy_steps(parser, steps, count, from);
    add_step(parser, JUMP, fork, 0);
    pattern->program[fork].first = fork + 1;
    pattern->program[fork].second = pattern->steps;
  }
  for (int k = least; k < most && !parser->failed; k++) {
    int fork = add_step(parser, FORK, 0, 0);
    copy_steps(parser, steps, count, from);
    pattern->program[fork].first = fork + 1;
    pattern->program[fork].second = pattern->steps;
  }
  free(steps);
}

static void parse_sequence(struct parser *parser) {
  while (!parser->failed && parser->at < parser->end && *parser->at != '|' && *parser->at != ')') {
    int from = parser->pattern->steps, least, most;
    parse_atom(parser);
    if (!parser->failed && parse_repetition(parser, &least, &most)) repeat_steps(parser, from, least, most);
  }
}

static void parse_alternatives(struct parser *parser) {
  struct pattern *pattern = parser->pattern;
  int fork = add_step(parser, FORK, 0, 0);
  parse_sequence(parser);
  if (parser->failed || !looks_at(parser, '|')) {
    pattern->program[fork] = (struct step){JUMP, fork + 1, 0};
    return;
  }
  parser->at++;
  int jump = add_step(parser, JUMP, 0, 0);
  pattern->program[fork].first = fork + 1;
  pattern->program[fork].second = pattern->steps;
  parse_alternatives(parser);
  pattern->program[jump].first = pattern->steps;
}

struct pattern *pattern_compile(const char *text, size_t length) {
  struct pattern *pattern = calloc(1, sizeof *pattern);
  if (!pattern) return NULL;
  struct parser parser = {pattern, text, text + length, 0, 0};
  parse_alternatives(&parser);
  add_step(&parser, DONE, 0, 0);
  if (parser.failed || parser.at != parser.end) {
    pattern_free(pattern);
    return NULL;
  }
  return pattern;
}

void pattern_free(struct pattern *pattern) { free(pattern); }

struct threads {
  int count;
  int *steps;               /* steps that wait for a sign, the preferred one first */
  const char *(*places)[PLACES]; /* of each such step's thread */
};

struct walk {
  const struct pattern *pattern;
  struct threads now, next;
  int *seen; /* by step: the number of the sign before which it was reached */
  int sign;
  const char *places[PLACES];
};

static void add_thread(struct walk *walk, struct threads *threads, int step, const char *at) {
  for (;;) {
    if (walk->seen[step] == walk->sign) return;
    walk->seen[step] = walk->sign;
    const struct step *found = &walk->pattern->program[step];
    if (found->action == JUMP) {
      step = found->first;
    } else if (found->action == FORK) {
      add_thread(walk, threads, found->first, at);
      step = found->second;
    } else if (found->action == SAVE) {
      const char *kept = walk->places[found->first];
      walk->places[found->first] = at;
      add_thread(walk, threads, step + 1, at);
      walk->places[found->first] = kept;
      return;
    } else {
      threads->steps[threads->count] = step;
      memcpy(threads->places[threads->count++], walk->places, sizeof walk->places);
      return;
    }
  }
}

static int is_in(const struct pattern *pattern, const struct step *step, uint32_t sign) {
  for (int k = step->first; k < step->second; k++)
    if (sign >= pattern->signs[k].first && sign <= pattern->signs[k].last) return 1;
  return 0;
}

static int walk_text(struct walk *walk, const char *at, const char *end, struct span *spans) {
  const struct step *program = walk->pattern->program;
  walk->sign = 1;
  add_thread(walk, &walk->now, 0, at);
  while (at < end && walk->now.count) {
    size_t bytes;
    uint32_t sign = read_character(at, end, &bytes);
    if (!bytes) return 0;
    at += bytes;
    walk->sign++;
    walk->next.count = 0;
    for (int k = 0; k < walk->now.count; k++) {
      const struct step *step = &program[walk->now.steps[k]];
      if (step->action != MATCH_RANGES || !is_in(walk->pattern, step, sign)) continue;
      memcpy(walk->places, walk->now.places[k], sizeof walk->places);
      add_thread(walk, &walk->next, walk->now.steps[k] + 1, at);
    }
    struct threads swapped = walk->now;
    walk->now = walk->next;
    walk->next = swapped;
  }
  for (int k = 0; k < walk->now.count; k++) {
    if (program[walk->now.steps[k]].action != DONE) continue;
    for (int group = 0; group < MOST_GROUPS; group++) {
      const char *from = walk->now.places[k][2 * group], *to = walk->now.places[k][2 * group + 1];
      spans[group] = from && to ? (struct span){from, (size_t)(to - from)} : (struct span){NULL, 0};
    }
    return 1;
  }
  return 0;
}

int pattern_match(const struct pattern *pattern, const char *text, size_t length, struct span spans[MOST_GROUPS]) {
  size_t steps = (size_t)pattern->steps;
  struct walk walk = {.pattern = pattern};
  walk.seen = calloc(steps, sizeof *walk.seen);
  for (int k = 0; k < 2; k++) {
    struct threads *threads = k ? &walk.now : &walk.next;
    threads->steps = calloc(steps, sizeof *threads->steps);
    threads->places = calloc(steps, sizeof *threads->places);
  }
  int has_memory = walk.seen && walk.now.steps && walk.next.steps && walk.now.places && walk.next.places;
  int found = has_memory && walk_text(&walk, text, text + length, spans);
  free(walk.seen);
  free(walk.now.steps);
  free(walk.next.steps);
  free(walk.now.places);
  free(walk.next.places);
  return found;
}
