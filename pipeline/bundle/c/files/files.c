/* See files.h. */

#define _POSIX_C_SOURCE 200809L

#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sha256.h"

static const char *const NEEDED[] = {"model.onnx", "manifest.json", "model.tsv", "golden.json", "golden.tsv",
                                     "feed_cases.json", "feed_cases.tsv"};

static int refuse(struct files *files, const char *name, const char *why) {
  snprintf(files->error, sizeof files->error, "%s: %s; take the bundle again from where it was made", name, why);
  return 1;
}

static int read_bytes(struct files *files, struct file *file, const char *folder) {
  size_t size = strlen(folder) + strlen(file->name) + 2, space = 1 << 16;
  char *path = malloc(size);
  FILE *stream = NULL;
  if (path) {
    snprintf(path, size, "%s/%s", folder, file->name);
    stream = fopen(path, "rb");
  }
  free(path);
  if (!stream) return refuse(files, file->name, strerror(errno));
  file->bytes = malloc(space);
  for (size_t count = 1; file->bytes && count;) {
    count = fread(file->bytes + file->length, 1, space - file->length - 1, stream);
    file->length += count;
    if (file->length + 1 < space) continue;
    char *larger = realloc(file->bytes, space *= 2);
    if (!larger) free(file->bytes);
    file->bytes = larger;
  }
  int failed = ferror(stream);
  fclose(stream);
  if (failed || !file->bytes) return refuse(files, file->name, "cannot read it");
  file->bytes[file->length] = 0;
  return 0;
}

/* Reads what one line names: the sum, two blanks, the name. */
static int read_line(struct files *files, const char *folder, const char *line, size_t length) {
  const size_t digits = SHA256_TEXT - 1;
  char found[SHA256_TEXT], why[128];
  if (length < digits + 3 || line[digits] != ' ') return refuse(files, "SHA256SUMS", "got a line that is no sum");
  struct file *file = &files->files[files->count];
  file->name = strndup(line + digits + 2, length - digits - 2);
  if (!file->name) return refuse(files, "SHA256SUMS", "no memory");
  files->count++;
  if (read_bytes(files, file, folder)) return 1;
  sha256_bytes(file->bytes, file->length, found);
  if (!memcmp(found, line, digits)) return 0;
  snprintf(why, sizeof why, "got sha256 %.12s..., expected %.12s...", found, line);
  return refuse(files, file->name, why);
}

static int read_lines(struct files *files, const char *folder, const struct file *sums) {
  size_t lines = 0;
  for (size_t k = 0; k < sums->length; k++) lines += sums->bytes[k] == '\n';
  files->files = calloc(lines + 1, sizeof *files->files);
  if (!files->files) return refuse(files, "SHA256SUMS", "no memory");
  for (const char *at = sums->bytes, *end = at + sums->length; at < end;) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) return refuse(files, "SHA256SUMS", "got a line without an end");
    if (read_line(files, folder, at, (size_t)(stop - at))) return 1;
    at = stop + 1;
  }
  for (size_t k = 0; k < sizeof NEEDED / sizeof *NEEDED; k++)
    if (!files_find(files, NEEDED[k])) return refuse(files, NEEDED[k], "SHA256SUMS does not name it");
  return 0;
}

int files_read(struct files *files, const char *folder) {
  char name[] = "SHA256SUMS";
  struct file sums = {name, NULL, 0};
  memset(files, 0, sizeof *files);
  int failed = read_bytes(files, &sums, folder) || read_lines(files, folder, &sums);
  free(sums.bytes);
  return failed;
}

void files_free(struct files *files) {
  for (size_t k = 0; k < files->count; k++) {
    free(files->files[k].name);
    free(files->files[k].bytes);
  }
  free(files->files);
  files->files = NULL;
  files->count = 0;
}

const struct file *files_find(const struct files *files, const char *name) {
  for (size_t k = 0; k < files->count; k++)
    if (!strcmp(files->files[k].name, name)) return &files->files[k];
  return NULL;
}
