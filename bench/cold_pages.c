// Measures the first touch of each page of 64 MiB after a rest, with pages of 4 KiB and of 2 MiB.
//   cc -O1 -o target/cold_pages bench/cold_pages.c && target/cold_pages
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static const size_t SIZE = 64 << 20, PAGE = 4096, HUGE_PAGE = 2 << 20;

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static double touch(const volatile char *memory, size_t offset) {
    double began = milliseconds();
    for (size_t at = offset; at < SIZE; at += PAGE) (void)memory[at];
    return milliseconds() - began;
}

int main(void) {
    const double rests[] = {0, 0.1, 1, 3};
    for (int huge = 0; huge <= 1; huge++) {
        char *memory = aligned_alloc(HUGE_PAGE, SIZE);
        if (!memory) return perror("64 MiB"), 1;
        if (madvise(memory, SIZE, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)) return perror("madvise"), 1;
        for (size_t at = 0; at < SIZE; at += 64) memory[at] = 1;
        for (size_t rest = 0; rest < sizeof rests / sizeof *rests; rest++) {
            struct timespec time = {(time_t)rests[rest], (long)((rests[rest] - (time_t)rests[rest]) * 1e9)};
            nanosleep(&time, NULL);
            double first = touch(memory, 0), again = touch(memory, 64);
            printf("%s pages, after %.1f s: %.2f ms, again %.2f ms\n", huge ? "2 MiB" : "4 KiB", rests[rest], first, again);
        }
    }
}
