/* A calendar clock that somebody has moved; preloaded, it is what a process sees.
   CLOCK_AHEAD: by how many seconds, negative for back. CLOCK_WHEN: a path; the clock is moved once
   something is there, without it at once.
   The monotonic clock goes on as it is. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*real)(clockid_t, struct timespec *);

static time_t ahead(void) {
    static int moved;
    const char *by = getenv("CLOCK_AHEAD"), *when = getenv("CLOCK_WHEN");
    int before = errno;
    moved = moved || (when && !access(when, F_OK));
    errno = before;
    return by && (moved || !when) ? atoll(by) : 0;
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
