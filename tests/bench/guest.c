/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed amounts of work in three groups, run the same way natively and in a guest.
 * Each test prints its group, name, checksum and seconds; the checksum depends on
 * all that was computed and must not depend on who computed it.
 */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t seed;

static uint64_t rnd(void)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return seed >> 24;
}

static uint64_t mix(uint64_t h, const void *data, size_t len)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        h = (h ^ p[i]) * 0x100000001b3ull;
    }
    return h;
}

/* ---- integer ---- */

static uint64_t crc(void)
{
    uint32_t table[256], c = ~0u;

    for (unsigned i = 0; i < 256; i++) {
        table[i] = i;
        for (int k = 0; k < 8; k++) {
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
        }
    }
    for (unsigned i = 0; i < 60000000; i++) {
        c = table[(c ^ i) & 0xff] ^ c >> 8;
    }
    return c;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t sort(void)
{
    enum { N = 400000 };
    uint64_t *v = malloc(N * sizeof(*v)), h;

    for (int i = 0; i < N; i++) {
        v[i] = rnd();
    }
    qsort(v, N, sizeof(*v), compare);
    h = mix(0, v, N * sizeof(*v));
    free(v);
    return h;
}

/* Nodes of a binary tree in the order of their keys' arrival: scattered memory. */
typedef struct Node {
    struct Node *child[2];
    uint64_t key;
} Node;

static uint64_t tree(void)
{
    enum { N = 200000 };
    Node *nodes = calloc(N, sizeof(*nodes)), *root = nodes;
    uint64_t depth = 0;

    root->key = rnd();
    for (int i = 1; i < N; i++) {
        Node **p = &root;
        nodes[i].key = rnd();
        while (*p) {
            p = &(*p)->child[nodes[i].key > (*p)->key];
            depth++;
        }
        *p = &nodes[i];
    }
    free(nodes);
    return depth;
}

static __attribute__((noinline)) uint64_t ackermann(uint64_t m, uint64_t n)
{
    if (m == 0) {
        return n + 1;
    }
    return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static uint64_t calls(void)
{
    return ackermann(3, 10);
}

/* ---- floating point and SIMD ---- */

static uint64_t waves(void)
{
    enum { N = 2048 };
    static double u[N], v[N];

    for (int i = 0; i < N; i++) {
        u[i] = (double)(i % 64) / 64;
        v[i] = 0;
    }
    for (int step = 0; step < 20000; step++) {
        for (int i = 1; i < N - 1; i++) {
            v[i] += 0.25 * (u[i - 1] - 2 * u[i] + u[i + 1]);
        }
        for (int i = 1; i < N - 1; i++) {
            u[i] += 0.5 * v[i];
        }
    }
    return mix(0, u, sizeof(u));
}

static uint64_t newton(void)
{
    double sum = 0;

    for (int i = 1; i < 6000000; i++) {
        double x = i;
        for (int k = 0; k < 4; k++) {
            x = 0.5 * (x + i / x);
        }
        sum += x - sqrt(i);
    }
    return mix(0, &sum, sizeof(sum));
}

static uint64_t extended(void)
{
    long double sum = 0;

    for (int i = 1; i < 10000000; i++) {
        sum += 1.0L / ((long double)i * i + sum);
    }
    return mix(0, &sum, 10);
}

static uint64_t bytes(void)
{
    typedef uint8_t Vector __attribute__((vector_size(16)));
    enum { N = 4096 };
    static Vector a[N], b[N];

    for (size_t i = 0; i < sizeof(a); i++) {
        ((uint8_t *)a)[i] = rnd();
        ((uint8_t *)b)[i] = rnd();
    }
    for (int round = 0; round < 8000; round++) {
        for (int i = 0; i < N; i++) {
            a[i] = (a[i] + b[i]) ^ (a[i] > b[i]);
        }
    }
    return mix(0, a, sizeof(a));
}

/* ---- system ---- */

static uint64_t syscalls(void)
{
    uint64_t ok = 0;

    for (int i = 0; i < 500000; i++) {
        ok += syscall(SYS_getppid) >= 0;
    }
    return ok;
}

static uint64_t pipes(void)
{
    int to[2], from[2];
    uint64_t sum = 0;
    uint8_t c = 0;
    pid_t pid;

    if (pipe(to) || pipe(from) || (pid = fork()) < 0) {
        return 0;
    }
    for (int i = 0; i < 30000; i++) {
        int in = pid ? from[0] : to[0], out = pid ? to[1] : from[1];
        if (pid) {
            c = i;
        }
        if (pid && write(out, &c, 1) != 1) {
            return 0;
        }
        if (read(in, &c, 1) != 1 || (!pid && write(out, &c, 1) != 1)) {
            return 0;
        }
        sum += c;
    }
    if (!pid) {
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    return sum;
}

static uint64_t forks(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < 500; i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            _exit(i % 100);
        }
        waitpid(pid, &status, 0);
        sum += WEXITSTATUS(status);
    }
    return sum;
}

static uint64_t faults(void)
{
    size_t len = 48 << 20;
    uint64_t sum = 0;

    for (int round = 0; round < 3; round++) {
        uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        madvise(p, len, MADV_NOHUGEPAGE);
        for (size_t i = 0; i < len; i += 4096) {
            p[i] = i >> 12;
            sum += p[i];
        }
        munmap(p, len);
    }
    return sum;
}

/* Writes "mov eax, N; ret" again and again and calls it. */
static uint64_t generated(void)
{
    uint8_t *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t h = 0;

    for (uint32_t i = 0; i < 40000; i++) {
        uint32_t n = i * 2654435761u;
        p[0] = 0xb8;
        memcpy(p + 1, &n, 4);
        p[5] = 0xc3;
        h = h * 31 + ((uint32_t(*)(void))p)();
    }
    return h;
}

static uint64_t shared;

static void *adder(void *arg)
{
    uint64_t x = (uintptr_t)arg;

    for (int i = 0; i < 10000000; i++) {
        x = x * 6364136223846793005ull + 1;
        if (i % 64 == 0) {
            __atomic_fetch_add(&shared, x >> 60, __ATOMIC_SEQ_CST);
        }
    }
    return NULL;
}

static uint64_t threads(void)
{
    pthread_t t[2];

    for (uintptr_t i = 0; i < 2; i++) {
        pthread_create(&t[i], NULL, adder, (void *)i);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(t[i], NULL);
    }
    return shared;
}

static const struct {
    const char *group, *name;
    uint64_t (*run)(void);
} tests[] = {
    {"integer", "crc", crc},
    {"integer", "sort", sort},
    {"integer", "tree", tree},
    {"integer", "calls", calls},
    {"float", "waves", waves},
    {"float", "newton", newton},
    {"float", "extended", extended},
    {"float", "bytes", bytes},
    {"system", "syscalls", syscalls},
    {"system", "pipes", pipes},
    {"system", "forks", forks},
    {"system", "faults", faults},
    {"system", "generated", generated},
    {"system", "threads", threads},
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        double start = now();
        uint64_t sum;

        seed = 1;
        sum = tests[i].run();
        printf("bench %s %s %016llx %.4f\n", tests[i].group, tests[i].name, (unsigned long long)sum,
               now() - start);
    }
    return 0;
}
