/* The files of a bundle, each as SHA256SUMS says that it was written. */

#ifndef FILES_H
#define FILES_H

#include <stddef.h>

struct file {
  char *name;
  char *bytes; /* a 0 follows them */
  size_t length;
};

struct files {
  size_t count;
  struct file *files;
  char error[512];
};

/* Reads every file that SHA256SUMS names; 1, with an error that names the file, where one is missing
   or not as it was written, or one that scoring needs is not named. Free them in any case. */
int files_read(struct files *files, const char *folder);
void files_free(struct files *files);

/* A file by its name; NULL if there is none. */
const struct file *files_find(const struct files *files, const char *name);

#endif
