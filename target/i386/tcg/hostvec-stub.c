/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cache of one-instruction stubs, and the frame they run in. Each thread has
 * its own direct-mapped cache, so there are no locks: a stub that is not there
 * is written over the one in its slot. Compiled without vector registers,
 * because the guest's are loaded while this runs.
 */
#include "qemu/osdep.h"
#include <signal.h>
#include "qemu/error-report.h"
#include "target/i386/tcg/codebuf.h"
#include "target/i386/tcg/host-signal.h"
#include "target/i386/tcg/hostfpu.h"
#include "target/i386/tcg/hostvec-stub.h"

#define STUB_BITS  11
#define STUB_COUNT (1u << STUB_BITS)
#define STUB_SIZE  32

typedef struct StubKey {
    uint64_t w[3];
} StubKey;

QEMU_BUILD_BUG_ON(sizeof(StubKey) != X86_REENC_MAX);

typedef struct StubCache {
    X86CodeBuf buf;
    StubKey key[STUB_COUNT];
    X86HostvecResult result;
} StubCache;

static __thread StubCache *cache;

/* Offsets of X86HostvecFrame are written out below. */
QEMU_BUILD_BUG_ON(offsetof(X86HostvecFrame, flags) != 32);
QEMU_BUILD_BUG_ON(offsetof(X86HostvecFrame, code) != 48);

void x86_hostvec_enter(X86HostvecFrame *f);

asm(".pushsection .text\n"
    ".type x86_hostvec_enter, @function\n"
    ".hidden x86_hostvec_enter\n"
    ".globl x86_hostvec_enter\n"
    "x86_hostvec_enter:\n"
    "   push %rbx\n"
    "   push %rbp\n"
    "   mov %rdi, %rbp\n"
    "   mov (%rbp), %rax\n"
    "   mov 8(%rbp), %rcx\n"
    "   mov 16(%rbp), %rdx\n"
    "   mov 24(%rbp), %rbx\n"
    "   mov 40(%rbp), %rdi\n"
    "   push 32(%rbp)\n"
    "   popfq\n"
    "   call *48(%rbp)\n"
    "   pushfq\n"
    "   pop 32(%rbp)\n"
    "   mov %rax, (%rbp)\n"
    "   mov %rcx, 8(%rbp)\n"
    "   mov %rdx, 16(%rbp)\n"
    "   mov %rbx, 24(%rbp)\n"
    "   pop %rbp\n"
    "   pop %rbx\n"
    "   ret\n"
    ".size x86_hostvec_enter, . - x86_hostvec_enter\n"
    ".popsection\n");

void x86_hostvec_stub_thread_init(void)
{
    const char *why;

    if (cache) {
        return;
    }
    cache = g_new0(StubCache, 1);
    if (!x86_hostfpu_init()) {
        error_report("this host's processor has no XSAVE: vector instructions cannot run");
        exit(1);
    }
    if (!x86_codebuf_init(&cache->buf, STUB_COUNT * STUB_SIZE, &why)) {
        error_report("%s: %s", why, strerror(errno));
        exit(1);
    }
    memset(cache->buf.rw, 0xc3, cache->buf.size);
    x86_host_signal_thread_init();
}

/* A stub is the instruction and RETs up to the end of its slot. */
static const void *stub_for(const uint8_t *code, unsigned len)
{
    StubKey key = {{0}};
    uint8_t *k = (uint8_t *)&key;

    for (unsigned i = 0; i < len; i++) {
        k[i] = code[i];
    }
    uint64_t h = (key.w[0] * 3 + key.w[1] * 5 + key.w[2]) * 0x9e3779b97f4a7c15ull;
    unsigned slot = h >> (64 - STUB_BITS);
    StubKey *have = &cache->key[slot];
    if (have->w[0] != key.w[0] || have->w[1] != key.w[1] || have->w[2] != key.w[2]) {
        uint8_t *to = cache->buf.rw + slot * STUB_SIZE;
        for (unsigned i = 0; i < STUB_SIZE; i++) {
            to[i] = i < len ? code[i] : 0xc3;
        }
        *have = key;
    }
    return cache->buf.rx + slot * STUB_SIZE;
}

uintptr_t x86_hostvec_fault(uintptr_t pc, X86HostvecResult result)
{
    if (!cache || !x86_codebuf_contains(&cache->buf, pc)) {
        return 0;
    }
    cache->result = result;
    return (pc & ~(uintptr_t)(STUB_SIZE - 1)) + STUB_SIZE - 1;
}

X86HostvecResult x86_hostvec_run(X86FPUState *fpu, X86HostvecFrame *f, const uint8_t *code,
                                 unsigned len)
{
    if (unlikely(!cache)) {
        x86_hostvec_stub_thread_init();
    }
    f->code = stub_for(code, len);
    f->flags = (f->flags & CC_ALL) | 0x202;
    cache->result = X86_HOSTVEC_OK;
    x86_hostfpu_load(fpu);
    x86_hostvec_enter(f);
    x86_hostfpu_save(fpu);
    return cache->result;
}
