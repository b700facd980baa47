/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: what is neither arithmetic nor system state: identification, time,
 * random numbers, cache hints, ordering, BOUND (SDM vol. 2).
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/guest-random.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp-int.h"
#include "target/i386/tcg/spin.h"
#include "target/i386/tcg/svm.h"
#include "target/i386/tcg/timer-look.h"

bool x86_pause_yields;

void interp_ud(CPUX86State *env, const DecodedInsn *d)
{
    raise_exception(env, EXCP06_ILLOP);
}

void interp_nop(CPUX86State *env, const DecodedInsn *d)
{
}

void interp_pause(CPUX86State *env, const DecodedInsn *d)
{
    /* A trap that is due behind the instruction comes first. */
    if (x86_pause_yields && !(env->hflags & HF_TF) && !env->dr6_pending) {
        x86_leave_behind(env, EXCP_YIELD);
    }
    if (env->jit_hot.spins > 1) {
        env->jit_hot.spins--;
    } else {
        x86_spun(env);
    }
}

/* Guest caches are not modelled; the address must be good for a load. */
void interp_clflush(CPUX86State *env, const DecodedInsn *d)
{
    x86_probe_read(env, d->mem.seg, x86_mem_ea(env, d), 1);
}

void interp_fence(CPUX86State *env, const DecodedInsn *d)
{
    smp_mb();
}

void interp_clzero(CPUX86State *env, const DecodedInsn *d)
{
    static const uint8_t zero[64];

    x86_write_bytes(env, d->mem.seg, x86_mem_ea(env, d) & ~63ull, zero, sizeof(zero));
}

void interp_movdir64b(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t dst = x86_get(env, d, 0);
    uint8_t buf[64];

    x86_read_bytes(env, d->mem.seg, x86_mem_ea(env, d), buf, sizeof(buf));
    if (x86_lin(env, R_ES, dst, sizeof(buf), OPND_W) & 63) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    x86_write_bytes(env, R_ES, dst, buf, sizeof(buf));
}

void interp_bound(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = x86_mem_ea(env, d), mask = x86_mask(d->addrsize);
    int64_t index = x86_sext(x86_get(env, d, 0), d->opsize);
    int64_t low = x86_sext(x86_ldn(env, d->mem.seg, ea, d->opsize), d->opsize);
    int64_t high =
        x86_sext(x86_ldn(env, d->mem.seg, (ea + d->opsize) & mask, d->opsize), d->opsize);

    if (index < low || index > high) {
        raise_exception(env, EXCP05_BOUND);
    }
}

void interp_cpuid(CPUX86State *env, const DecodedInsn *d)
{
    uint32_t eax, ebx, ecx, edx;

    cpu_x86_cpuid(env, env->regs[R_EAX], env->regs[R_ECX], &eax, &ebx, &ecx, &edx);
    env->regs[R_EAX] = eax;
    env->regs[R_EBX] = ebx;
    env->regs[R_ECX] = ecx;
    env->regs[R_EDX] = edx;
}

void interp_rdtsc(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t tsc;

    if ((env->cr[4] & CR4_TSD_MASK) && x86_cpl(env)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    tsc = cpu_get_tsc(env);
    x86_look_at_timers(env, tsc - env->tsc_offset);
    tsc += x86_svm_tsc_offset(env);
    env->regs[R_EAX] = (uint32_t)tsc;
    env->regs[R_EDX] = tsc >> 32;
}

void interp_rdtscp(CPUX86State *env, const DecodedInsn *d)
{
    interp_rdtsc(env, d);
    env->regs[R_ECX] = (uint32_t)env->tsc_aux;
}

void interp_rdpid(CPUX86State *env, const DecodedInsn *d)
{
    x86_put(env, d, 0, (uint32_t)env->tsc_aux);
}

void interp_rdrand(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t val = 0;

    if (qemu_guest_getrandom(&val, sizeof(val), NULL) < 0) {
        x86_put(env, d, 0, 0);
        x86_set_flags(env, CC_ALL, 0);
        return;
    }
    x86_put(env, d, 0, val);
    x86_set_flags(env, CC_ALL, CC_C);
}

void interp_rdseed(CPUX86State *env, const DecodedInsn *d)
{
    interp_rdrand(env, d);
}
