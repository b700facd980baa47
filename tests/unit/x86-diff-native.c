/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host as oracle. A child process runs each case inside a signal handler's
 * return: the handler of the trap that ends one case writes the next one's
 * registers into its own frame and returns into it. The child may make no
 * system call but those this needs.
 */
#include "qemu/osdep.h"
#include <cpuid.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <asm/prctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include "target/i386/tcg/window.h"
#include "x86-diff.h"

typedef struct Shared {
    uint32_t go, done; /* futexes: batches asked for, and finished */
    unsigned count;
    unsigned current;
    DiffCase cases[DIFF_BATCH];
    DiffResult results[DIFF_BATCH];
    uint8_t memory[DIFF_ALL_SIZE];
} Shared;

static Shared *shared;
static pid_t child;
static uint32_t off_ymm = 576, off_k, off_zmm, off_hi16;
static uint8_t *code_rw;

/* ---- in the child ---- */

static long futex(uint32_t *word, int op, uint32_t val, const struct timespec *ts)
{
    return syscall(SYS_futex, word, op, val, ts, NULL, 0);
}

static uint64_t *fp_words(ucontext_t *uc)
{
    return (uint64_t *)uc->uc_mcontext.fpregs;
}

static void vec_to_frame(const DiffVector *v, ucontext_t *uc)
{
    uint8_t *x = (uint8_t *)fp_words(uc);
    X86LegacyXSaveArea *l = (X86LegacyXSaveArea *)x;
    uint64_t *bv = (uint64_t *)(x + 512);

    l->fcw = v->fcw;
    l->fsw = v->fsw;
    l->ftw = v->ftw;
    l->fopcode = 0;
    l->fpip = l->fpdp = 0;
    l->mxcsr = v->mxcsr;
    memcpy(l->st, v->st, sizeof(l->st));
    for (int i = 0; i < 16; i++) {
        memcpy(l->xmm[i], v->zmm[i], 16);
        memcpy(x + off_ymm + i * 16, (uint8_t *)v->zmm[i] + 16, 16);
    }
    *bv = 7;
    if (off_k) {
        memcpy(x + off_k, v->k, 64);
        for (int i = 0; i < 16; i++) {
            memcpy(x + off_zmm + i * 32, (uint8_t *)v->zmm[i] + 32, 32);
            memcpy(x + off_hi16 + i * 64, v->zmm[16 + i], 64);
        }
        *bv = 0xe7;
    }
}

static void vec_from_frame(DiffVector *v, ucontext_t *uc)
{
    uint8_t *x = (uint8_t *)fp_words(uc);
    X86LegacyXSaveArea *l = (X86LegacyXSaveArea *)x;
    uint64_t bv = *(uint64_t *)(x + 512);

    memset(v, 0, sizeof(*v));
    v->fcw = bv & 1 ? l->fcw : 0x37f;
    v->fsw = bv & 1 ? l->fsw : 0;
    v->ftw = bv & 1 ? l->ftw : 0;
    v->mxcsr = l->mxcsr;
    if (bv & 1) {
        memcpy(v->st, l->st, sizeof(l->st));
    }
    for (int i = 0; i < 16; i++) {
        if (bv & 2) {
            memcpy(v->zmm[i], l->xmm[i], 16);
        }
        if (bv & 4) {
            memcpy((uint8_t *)v->zmm[i] + 16, x + off_ymm + i * 16, 16);
        }
        if (off_k && (bv & 0x40)) {
            memcpy((uint8_t *)v->zmm[i] + 32, x + off_zmm + i * 32, 32);
        }
        if (off_k && (bv & 0x80)) {
            memcpy(v->zmm[16 + i], x + off_hi16 + i * 64, 64);
        }
    }
    if (off_k && (bv & 0x20)) {
        memcpy(v->k, x + off_k, 64);
    }
}

static const int greg_of[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static void load_case(ucontext_t *uc)
{
    const DiffCase *c = &shared->cases[shared->current];
    greg_t *r = uc->uc_mcontext.gregs;

    memcpy((void *)(uintptr_t)DIFF_DATA, shared->memory, DIFF_DATA_SIZE);
    memset(code_rw, 0xcc, DIFF_MAX_CODE + 16);
    memcpy(code_rw, c->code, c->len);
    for (int i = 0; i < 16; i++) {
        r[greg_of[i]] = c->in.gpr[i];
    }
    r[REG_RIP] = c->in.rip;
    r[REG_EFL] = c->in.eflags;
    r[REG_CSGSFS] = (r[REG_CSGSFS] & ~0xffffll) | (c->bits == 64 ? 0x33 : 0x23);
    vec_to_frame(&c->in.vec, uc);
}

static void store_result(ucontext_t *uc)
{
    DiffResult *o = &shared->results[shared->current];
    greg_t *r = uc->uc_mcontext.gregs;

    for (int i = 0; i < 16; i++) {
        o->state.gpr[i] = r[greg_of[i]];
    }
    o->vector = r[REG_TRAPNO];
    o->error = r[REG_ERR];
    o->cr2 = o->vector == 14 ? r[REG_CR2] : 0;
    o->state.rip = r[REG_RIP] - (o->vector == 3);
    o->state.eflags = r[REG_EFL];
    vec_from_frame(&o->state.vec, uc);
    memcpy(o->data, (void *)(uintptr_t)DIFF_DATA, DIFF_DATA_SIZE);
}

static void on_trap(int sig, siginfo_t *info, void *ctx)
{
    ucontext_t *uc = ctx;

    if (sig != SIGUSR1) {
        store_result(uc);
        shared->current++;
    }
    while (shared->current == shared->count) {
        uint32_t seen = __atomic_load_n(&shared->done, __ATOMIC_ACQUIRE) + (sig != SIGUSR1);

        __atomic_store_n(&shared->done, seen, __ATOMIC_RELEASE);
        futex(&shared->done, FUTEX_WAKE, 1, NULL);
        while (__atomic_load_n(&shared->go, __ATOMIC_ACQUIRE) == seen) {
            futex(&shared->go, FUTEX_WAIT, seen, NULL);
        }
        sig = 0;
    }
    load_case(uc);
}

static void sandbox(void)
{
#define ALLOW(nr)                                                                                  \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e /* x86-64 */, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        ALLOW(SYS_futex),
        ALLOW(SYS_rt_sigreturn),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog prog = {.len = G_N_ELEMENTS(filter), .filter = filter};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static void map_fixed(uintptr_t at, size_t size, int prot, int fd)
{
    void *p =
        mmap((void *)at, size, prot,
             MAP_FIXED_NOREPLACE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED), fd, 0);
    if (p == MAP_FAILED) {
        _exit(3);
    }
}

static void child_main(void)
{
    static const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGUSR1};
    struct sigaction sa = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t ss = {.ss_sp = malloc(1 << 17), .ss_size = 1 << 17};
    int fd = memfd_create("code", 0);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The parent's window may have been made before this child was. */
    munmap((void *)0x10000, X86_WINDOW_END - 0x10000);
    if (ftruncate(fd, 4096) < 0) {
        _exit(3);
    }
    code_rw = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    memset(code_rw, 0xcc, 4096);
    map_fixed(DIFF_CODE, 4096, PROT_READ | PROT_EXEC, fd);
    map_fixed(DIFF_DATA, DIFF_ALL_SIZE, PROT_READ | PROT_WRITE, -1);
    memcpy((void *)(uintptr_t)DIFF_RO, shared->memory + DIFF_DATA_SIZE, DIFF_RO_SIZE);
    mprotect((void *)(uintptr_t)DIFF_RO, DIFF_RO_SIZE, PROT_READ);
    sigaltstack(&ss, NULL);
    sigfillset(&sa.sa_mask);
    for (unsigned i = 0; i < G_N_ELEMENTS(signals); i++) {
        sigaction(signals[i], &sa, NULL);
    }
    pid_t pid = getpid();
    asm volatile("mov %0, %%ds; mov %0, %%es" : : "r"(0x2b));
    syscall(SYS_arch_prctl, ARCH_SET_GS, (long)DIFF_GS_BASE);
    /* No thread-local data from here on: errno of the system calls is in the test's own memory. */
    syscall(SYS_arch_prctl, ARCH_SET_FS, (long)DIFF_FS_BASE);
    (void)sandbox;
    asm volatile("syscall"
                 :
                 : "a"((long)SYS_kill), "D"((long)pid), "S"((long)SIGUSR1)
                 : "rcx", "r11", "memory");
    _exit(4);
}

/* ---- in the parent ---- */

static void start_child(void)
{
    shared->go = shared->done = 0;
    shared->current = shared->count = 0;
    child = fork();
    g_assert(child >= 0);
    if (child == 0) {
        child_main();
    }
}

bool diff_native_start(const uint8_t *memory)
{
    unsigned a, b, c, d, xcr0, hi;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) {
        return false;
    }
    asm volatile("xgetbv" : "=a"(xcr0), "=d"(hi) : "c"(0));
    if ((xcr0 & 7) != 7) {
        return false;
    }
    if ((xcr0 & 0xe0) == 0xe0) {
        __cpuid_count(13, 5, a, off_k, c, d);
        __cpuid_count(13, 6, a, off_zmm, c, d);
        __cpuid_count(13, 7, a, off_hi16, c, d);
    }
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memcpy(shared->memory, memory, DIFF_ALL_SIZE);
    start_child();
    return true;
}

void diff_native_stop(void)
{
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        child = 0;
    }
}

/* One that does not end, or ends the child, gets vector -1. */
void diff_native_run(const DiffCase *cases, unsigned count, DiffResult *results)
{
    unsigned first = 0;

    while (first < count) {
        struct timespec limit = {.tv_sec = 2};
        uint32_t want = shared->go + 1;

        memcpy(shared->cases, cases + first, (count - first) * sizeof(*cases));
        shared->current = 0;
        shared->count = count - first;
        __atomic_store_n(&shared->go, want, __ATOMIC_RELEASE);
        futex(&shared->go, FUTEX_WAKE, 1, NULL);
        while (__atomic_load_n(&shared->done, __ATOMIC_ACQUIRE) != want) {
            unsigned before = shared->current;
            if (futex(&shared->done, FUTEX_WAIT, want - 1, &limit) < 0 && errno == ETIMEDOUT &&
                before == shared->current) {
                break;
            }
        }
        unsigned done = MIN(shared->current, shared->count);
        memcpy(results + first, shared->results, done * sizeof(*results));
        first += done;
        if (first < count && __atomic_load_n(&shared->done, __ATOMIC_ACQUIRE) != want) {
            results[first++].vector = -1;
            diff_native_stop();
            start_child();
        }
    }
}
