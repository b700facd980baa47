/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that the integer operations call, on host memory.
 */
#include "qemu/osdep.h"
#include <setjmp.h>
#include <sys/mman.h>
#include "qemu/memalign.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/spin.h"
#include "target/i386/tcg/timer-look.h"
#include "x86-interp-env.h"

uint8_t *test_mem;
bool test_direct = true;
int test_error_code;
static sigjmp_buf env_jmp;

/* Only the integer operations are linked. */
#define X86_OP(name, fn, ...) extern X86InterpFn fn __attribute__((weak));
#include "target/i386/tcg/ops.h.inc"
#undef X86_OP

X86InterpFn *const x86_op_interp[X86_OP_COUNT] = {
#define X86_OP(op, fn, ...) [X86_OP_##op] = fn,
#include "target/i386/tcg/ops.h.inc"
#undef X86_OP
};

/* ---- exceptions ---- */

void raise_exception(CPUX86State *env, int vector)
{
    siglongjmp(env_jmp, vector + 1);
}

void x86_leave_behind(CPUX86State *env, int reason)
{
    raise_exception(env, reason);
}

void raise_exception_err(CPUX86State *env, int vector, uint32_t error_code)
{
    test_error_code = error_code;
    raise_exception(env, vector);
}

/* ---- memory ---- */

static void *host(CPUX86State *env, uint64_t lin, unsigned len)
{
    uint64_t start = (uintptr_t)test_mem;

    if (lin < start || lin + len > start + TEST_MEM_SIZE) {
        raise_exception(env, EXCP0E_PAGE);
    }
    return (void *)(uintptr_t)lin;
}

uint64_t x86_tlb_load(CPUX86State *env, uint64_t lin, unsigned size, int mmu_idx, int seg)
{
    return x86_host_ld(host(env, lin, size), size);
}

void x86_tlb_store(CPUX86State *env, uint64_t lin, uint64_t val, unsigned size, int mmu_idx,
                   int seg)
{
    x86_host_st(host(env, lin, size), val, size);
}

void x86_seg_check(CPUX86State *env, int seg, uint64_t ea, unsigned len, unsigned access)
{
    if (ea + len - 1 > env->segs[seg].limit) {
        raise_exception_err(env, seg == R_SS ? EXCP0C_STACK : EXCP0D_GPF, 0);
    }
}

void x86_align_check(CPUX86State *env, uint64_t lin, unsigned size)
{
}

void *x86_mem_probe(CPUX86State *env, int seg, uint64_t ea, unsigned len, unsigned access)
{
    void *p = host(env, x86_lin(env, seg, ea, len, access), len);

    return test_direct ? p : NULL;
}

void x86_probe_write(CPUX86State *env, int seg, uint64_t ea, unsigned len)
{
    host(env, x86_lin(env, seg, ea, len, OPND_W), len);
}

void x86_probe_read(CPUX86State *env, int seg, uint64_t ea, unsigned len)
{
    host(env, x86_lin(env, seg, ea, len, OPND_R), len);
}

void x86_read_bytes(CPUX86State *env, int seg, uint64_t ea, void *buf, unsigned len)
{
    memcpy(buf, host(env, x86_lin(env, seg, ea, len, OPND_R), len), len);
}

void x86_write_bytes(CPUX86State *env, int seg, uint64_t ea, const void *buf, unsigned len)
{
    memcpy(host(env, x86_lin(env, seg, ea, len, OPND_W), len), buf, len);
}

uint64_t x86_atomic_rmw(CPUX86State *env, int seg, uint64_t ea, unsigned size, X86AtomicOp op,
                        uint64_t val)
{
    void *p = host(env, x86_lin(env, seg, ea, size, OPND_RW), size);
    uint64_t old = x86_host_ld(p, size);
    uint64_t new[] = {
        [X86_ATOMIC_XCHG] = val,      [X86_ATOMIC_ADD] = old + val, [X86_ATOMIC_SUB] = old - val,
        [X86_ATOMIC_AND] = old & val, [X86_ATOMIC_OR] = old | val,  [X86_ATOMIC_XOR] = old ^ val,
    };

    x86_host_st(p, new[op], size);
    return old;
}

uint64_t x86_atomic_cmpxchg(CPUX86State *env, int seg, uint64_t ea, unsigned size, uint64_t old,
                            uint64_t new)
{
    void *p = host(env, x86_lin(env, seg, ea, size, OPND_RW), size);
    uint64_t seen = x86_host_ld(p, size);

    if (seen == old) {
        x86_host_st(p, new, size);
    }
    return seen;
}

bool x86_atomic_cmpxchg16(CPUX86State *env, int seg, uint64_t ea, uint64_t old[2],
                          const uint64_t new[2])
{
    void *p = host(env, x86_lin(env, seg, ea, 16, OPND_RW), 16);

    if (!memcmp(p, old, 16)) {
        memcpy(p, new, 16);
        return true;
    }
    memcpy(old, p, 16);
    return false;
}

/* ---- state ---- */

void x86_update_hflags(CPUX86State *env)
{
    env->hflags = (env->hflags & ~HF_TF) | (env->eflags & TF_MASK ? HF_TF : 0);
}

void cpu_x86_cpuid(CPUX86State *env, uint32_t index, uint32_t count, uint32_t *eax, uint32_t *ebx,
                   uint32_t *ecx, uint32_t *edx)
{
    *eax = index;
    *ebx = count;
    *ecx = *edx = 0;
}

uint64_t cpu_get_tsc(CPUX86State *env)
{
    return 0x123456789abcull;
}

void x86_look_at_timers(CPUX86State *env, uint64_t ticks)
{
}

CPUX86State *test_env_new(TestMode mode)
{
    CPUX86State *env = qemu_memalign(64, sizeof(*env));

    if (!test_mem) {
        test_mem = mmap(NULL, TEST_MEM_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        g_assert_true(test_mem != MAP_FAILED);
    }
    memset(test_mem, 0, TEST_MEM_SIZE);
    memset(env, 0, sizeof(*env));
    env->tlb_slot = g_new0(X86TLBSlot, 1);
    for (unsigned i = 0; i < X86_MMU_COUNT * X86_TLB_SIZE; i++) {
        X86TLBEntry *e = &env->tlb_slot->entry[0][0] + i;

        e->addr_read = e->addr_write = e->addr_code = X86_TLB_INVALID;
    }
    env->hflags = HF_PE | HF_OSFXSR | 3;
    env->hflags |= mode == TEST_64   ? HF_CS64 | HF_CS32 | HF_LMA
                   : mode == TEST_32 ? HF_CS32 | HF_SS32
                                     : HF_SEGLIMIT | HF_ADDSEG;
    for (int i = 0; i < X86_NB_SEGS; i++) {
        env->segs[i].limit = mode == TEST_16 ? 0xffff : UINT32_MAX;
        env->segs[i].base = mode == TEST_16 ? (uintptr_t)test_mem : 0;
    }
    env->cr[0] = CR0_PE_MASK;
    env->eflags = EFLAGS_FIXED;
    return env;
}

/* Nobody else runs here. */
void x86_spun(CPUX86State *env)
{
}

void test_env_free(CPUX86State *env)
{
    g_free(env->tlb_slot);
    qemu_vfree(env);
}

int test_exec(CPUX86State *env, const uint8_t *code, unsigned len, DecodedInsn *d)
{
    X86DecodeMode mode = {.hflags = env->hflags};
    int vector;

    g_assert_cmpint(x86_decode(&mode, code, len, env->eip, d), ==, X86_DECODE_OK);
    g_assert_cmpint(d->len, ==, len);
    g_assert_nonnull(d->interp);
    env->next_eip = env->eip + d->len;
    vector = sigsetjmp(env_jmp, 1) - 1;
    if (vector < 0) {
        d->interp(env, d);
    }
    return vector;
}
