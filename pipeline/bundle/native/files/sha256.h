/* SHA-256 (FIPS 180-4) of bytes and files, in 64 digits of the lower case and a closing 0. */

#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SHA256_TEXT = 65 };

void sha256_bytes(const void *bytes, size_t length, char text[SHA256_TEXT]);

/* 0, or 1 if the file cannot be read; then the text is empty. */
int sha256_file(const char *path, char text[SHA256_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
