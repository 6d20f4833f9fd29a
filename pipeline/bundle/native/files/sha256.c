/* See sha256.h. */

#include "sha256.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64 };

struct state {
  uint32_t words[8];
  uint64_t length;
  unsigned char block[BLOCK];
};

static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint32_t ROUND[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t word, int places) { return word >> places | word << (32 - places); }

static void mix_block(struct state *state) {
  uint32_t schedule[64], now[8];
  for (int k = 0; k < 16; k++) {
    const unsigned char *at = state->block + 4 * k;
    schedule[k] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
  }
  for (int k = 16; k < 64; k++) {
    uint32_t early = schedule[k - 15], late = schedule[k - 2];
    schedule[k] = schedule[k - 16] + (turn(early, 7) ^ turn(early, 18) ^ early >> 3) + schedule[k - 7] +
                  (turn(late, 17) ^ turn(late, 19) ^ late >> 10);
  }
  memcpy(now, state->words, sizeof now);
  for (int k = 0; k < 64; k++) {
    uint32_t a = now[0], e = now[4];
    uint32_t first = now[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & now[5]) ^ (~e & now[6])) + ROUND[k] + schedule[k];
    uint32_t second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & now[1]) ^ (a & now[2]) ^ (now[1] & now[2]));
    memmove(now + 1, now, 7 * sizeof *now);
    now[4] += first;
    now[0] = first + second;
  }
  for (int k = 0; k < 8; k++) state->words[k] += now[k];
}

static void begin(struct state *state) {
  memcpy(state->words, START, sizeof START);
  state->length = 0;
}

static void add(struct state *state, const unsigned char *bytes, size_t length) {
  for (size_t k = 0; k < length; k++) {
    state->block[state->length++ % BLOCK] = bytes[k];
    if (state->length % BLOCK == 0) mix_block(state);
  }
}

static void finish(struct state *state, char *text) {
  uint64_t bits = state->length * 8;
  unsigned char end[8];
  add(state, (const unsigned char *)"\x80", 1);
  while (state->length % BLOCK != BLOCK - sizeof end) add(state, (const unsigned char *)"", 1);
  for (int k = 0; k < 8; k++) end[k] = (unsigned char)(bits >> (56 - 8 * k));
  add(state, end, sizeof end);
  for (int k = 0; k < 8; k++) snprintf(text + 8 * k, 9, "%08x", (unsigned)state->words[k]);
}

void sha256_bytes(const void *bytes, size_t length, char text[SHA256_TEXT]) {
  struct state state;
  begin(&state);
  add(&state, bytes, length);
  finish(&state, text);
}

int sha256_file(const char *path, char text[SHA256_TEXT]) {
  unsigned char part[1 << 14];
  struct state state;
  size_t count;
  FILE *file = fopen(path, "rb");
  text[0] = 0;
  if (!file) return 1;
  begin(&state);
  while ((count = fread(part, 1, sizeof part, file)) > 0) add(&state, part, count);
  int failed = ferror(file);
  fclose(file);
  if (!failed) finish(&state, text);
  return failed != 0;
}
