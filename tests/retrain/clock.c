/* A calendar clock that somebody has moved; preloaded, it is what a process sees.
   CLOCK_AHEAD: by how many seconds, negative for back. CLOCK_AFTER: how many seconds after the
   process's first look it is moved, without it at once.
   The monotonic clock goes on as it is. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static int (*real)(clockid_t, struct timespec *);

static time_t ahead(void) {
    static time_t first;
    const char *by = getenv("CLOCK_AHEAD"), *after = getenv("CLOCK_AFTER");
    struct timespec now;
    if (!by || real(CLOCK_MONOTONIC, &now))
        return 0;
    if (!first)
        first = now.tv_sec;
    return after && now.tv_sec - first < atoll(after) ? 0 : atoll(by);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!real)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += ahead();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &found))
        return -1;
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec found;
    if (clock_gettime(CLOCK_REALTIME, &found))
        return (time_t)-1;
    if (now)
        *now = found.tv_sec;
    return found.tv_sec;
}
