/* Preloaded into a process: writes down every name that it looks up and every address beyond
 * this machine that it connects to, and refuses both. Build: cc -shared -fPIC -o watch.so -ldl
 *
 * NETWORK_WATCH_LOG names the file to write to, one line per attempt.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void note(const char *what, const char *name) {
    const char *path = getenv("NETWORK_WATCH_LOG");
    char line[512];
    int length = snprintf(line, sizeof line, "%s %s\n", what, name);
    int file = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file < 0) return;
    if (write(file, line, length < (int)sizeof line ? length : (int)sizeof line - 1) < 0) abort();
    close(file);
}

static int is_local(const char *name) {
    return !name || !strcmp(name, "localhost") || !strncmp(name, "127.", 4) || !strcmp(name, "::1");
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        dlsym(RTLD_NEXT, "getaddrinfo");
    if (is_local(name)) return real(name, service, hints, found);
    note("getaddrinfo", name);
    return EAI_NONAME;
}

struct hostent *gethostbyname(const char *name) {
    note("gethostbyname", name);
    h_errno = HOST_NOT_FOUND;
    return NULL;
}

struct hostent *gethostbyname2(const char *name, int family) {
    (void)family;
    return gethostbyname(name);
}

int gethostbyname_r(const char *name, struct hostent *host, char *buffer, size_t size,
                    struct hostent **found, int *error) {
    (void)host, (void)buffer, (void)size;
    note("gethostbyname_r", name);
    *found = NULL;
    *error = HOST_NOT_FOUND;
    return 0;
}

int gethostbyname2_r(const char *name, int family, struct hostent *host, char *buffer, size_t size,
                     struct hostent **found, int *error) {
    (void)family;
    return gethostbyname_r(name, host, buffer, size, found, error);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    char name[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, name, sizeof name);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, name, sizeof name);
    if (!*name || is_local(name)) return real(socket, address, length);
    note("connect", name);
    errno = ENETUNREACH;
    return -1;
}
