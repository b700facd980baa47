/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: guest-disk DEVICE SECONDS
 *
 * Reads and writes a disk past the cache, as many requests as SECONDS allow for each pattern: 4 KiB
 * at random places and 1 MiB in order, one at a time and 32 at a time. Prints each pattern,
 * requests a second, and how many there were.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DEPTH = 32, LARGE = 1 << 20, SMALL = 4096 };

typedef struct Pattern {
    const char *name;
    int write;
    uint64_t bytes; /* of a request; large ones are in order */
    unsigned depth;
} Pattern;

static const Pattern patterns[] = {
    {"randread-4k-1", 0, SMALL, 1},  {"randread-4k-32", 0, SMALL, 32},
    {"randwrite-4k-1", 1, SMALL, 1}, {"randwrite-4k-32", 1, SMALL, 32},
    {"read-1m-1", 0, LARGE, 1},      {"read-1m-32", 0, LARGE, 32},
    {"write-1m-1", 1, LARGE, 1},     {"write-1m-32", 1, LARGE, 32},
};

static uint64_t seed = 1;

static uint64_t next_block(const Pattern *p, uint64_t blocks, uint64_t count)
{
    if (p->bytes == LARGE) {
        return count % blocks;
    }
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (seed >> 20) % blocks;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void run(const Pattern *p, int fd, uint64_t size, uint8_t *memory, double seconds)
{
    struct iocb cbs[MAX_DEPTH], *free_cbs[MAX_DEPTH];
    struct io_event events[MAX_DEPTH];
    uint64_t blocks = size / p->bytes, sent = 0, done = 0;
    unsigned n_free = p->depth;
    double start = now(), end = start;
    aio_context_t aio = 0;

    if (syscall(SYS_io_setup, p->depth, &aio)) {
        perror("io_setup");
        exit(1);
    }
    memset(cbs, 0, sizeof(cbs));
    for (unsigned i = 0; i < p->depth; i++) {
        cbs[i].aio_lio_opcode = p->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
        cbs[i].aio_fildes = fd;
        cbs[i].aio_buf = (uintptr_t)(memory + i * p->bytes);
        cbs[i].aio_nbytes = p->bytes;
        free_cbs[i] = &cbs[i];
    }
    while (end - start < seconds || n_free < p->depth) {
        int more = end - start < seconds, n;

        for (unsigned i = 0; more && i < n_free; i++) {
            free_cbs[i]->aio_offset = next_block(p, blocks, sent++) * p->bytes;
        }
        if (more && syscall(SYS_io_submit, aio, (long)n_free, free_cbs) != (long)n_free) {
            perror("io_submit");
            exit(1);
        }
        n_free = more ? 0 : n_free;
        n = syscall(SYS_io_getevents, aio, 1L, (long)MAX_DEPTH, events, NULL);
        for (int i = 0; i < n; i++) {
            if (events[i].res != (int64_t)p->bytes) {
                fprintf(stderr, "%s: result %lld\n", p->name, (long long)events[i].res);
                exit(1);
            }
            free_cbs[n_free++] = (struct iocb *)(uintptr_t)events[i].obj;
            done++;
        }
        end = now();
    }
    syscall(SYS_io_destroy, aio);
    printf("disk %s %.1f %llu\n", p->name, done / (end - start), (unsigned long long)done);
}

int main(int argc, char **argv)
{
    int fd = argc == 3 ? open(argv[1], O_RDWR | O_DIRECT) : -1;
    uint8_t *memory = mmap(NULL, (size_t)MAX_DEPTH * LARGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    uint64_t size = 0;

    if (fd < 0 || memory == MAP_FAILED || ioctl(fd, BLKGETSIZE64, &size)) {
        perror("guest-disk DEVICE SECONDS");
        return 1;
    }
    memset(memory, 0x5a, (size_t)MAX_DEPTH * LARGE);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("disk start\n");
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        run(&patterns[i], fd, size, memory, atof(argv[2]));
    }
    return 0;
}
