/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The glue between C and translated code, generated at start-up from the same
 * register table as the code itself.
 *
 * Translated code runs with RSP = env and the guest's registers and flags in
 * the host's. A call to C stores them all, switches to the thread's own stack,
 * and continues where the C function says with everything loaded again.
 */
#include "qemu/osdep.h"
#include "qemu/sys_membarrier.h"
#include "target/i386/tcg/jit/jit-int.h"

/*
 * RAX, RDX and RBX keep their numbers: MUL, DIV, CMPXCHG and the high byte
 * registers name them. Four rarely used ones stay in memory.
 */
const int8_t jit_host_reg[CPU_NB_REGS] = {
    [R_EAX] = H_RAX, [R_ECX] = H_R10, [R_EDX] = H_RDX,         [R_EBX] = H_RBX,
    [R_ESP] = H_R11, [R_EBP] = H_RBP, [R_ESI] = H_RSI,         [R_EDI] = H_RDI,
    [R_R8] = H_R8,   [R_R9] = H_R9,   [R_R10] = X86_HOST_NONE, [R_R11] = X86_HOST_NONE,
    [R_R12] = H_R12, [R_R13] = H_R13, [R_R14] = X86_HOST_NONE, [R_R15] = X86_HOST_NONE,
};

static X86HostMem reg_mem(unsigned base, unsigned r)
{
    return host_mem(base, offsetof(CPUX86State, regs) + r * 8);
}

/* Flags in the form of LAHF (AH) and SETO (AL). */
static void emit_save_state(Emit *e)
{
    emit_store(e, true, H_RAX, reg_mem(H_ENV, R_EAX));
    emit8(e, 0x9f); /* lahf */
    emit8(e, 0x0f); /* seto al */
    emit8(e, 0x90);
    emit8(e, 0xc0);
    emit_store_n(e, 2, H_RAX, ENV_MEM(jit_hot.flags));
    for (unsigned r = R_ECX; r < CPU_NB_REGS; r++) {
        if (jit_host_reg[r] != X86_HOST_NONE) {
            emit_store(e, true, jit_host_reg[r], reg_mem(H_ENV, r));
        }
    }
}

static void emit_load_state(Emit *e)
{
    for (unsigned r = R_ECX; r < CPU_NB_REGS; r++) {
        if (jit_host_reg[r] != X86_HOST_NONE) {
            emit_load(e, true, jit_host_reg[r], reg_mem(H_ENV, r));
        }
    }
    emit_load(e, true, H_T1, ENV_MEM(jit_hot.held[0]));
    emit_load(e, true, H_T2, ENV_MEM(jit_hot.held[1]));
    emit_load_n(e, 2, H_RAX, ENV_MEM(jit_hot.flags));
    emit8(e, 0x04); /* add al, 0x7f: OF if AL was 1 */
    emit8(e, 0x7f);
    emit8(e, 0x9e); /* sahf */
    emit_load(e, true, H_RAX, reg_mem(H_ENV, R_EAX));
}

static const uint8_t callee_saved[] = {H_RBX, H_RBP, H_R12, H_R13, H_R14, H_R15};

static void emit_push(Emit *e, unsigned r)
{
    if (r & 8) {
        emit8(e, 0x41);
    }
    emit8(e, 0x50 | (r & 7));
}

static void emit_pop(Emit *e, unsigned r)
{
    if (r & 8) {
        emit8(e, 0x41);
    }
    emit8(e, 0x58 | (r & 7));
}

/* Loads everything and jumps to jit_hot.resume. */
static const uint8_t *make_go(Emit *e)
{
    const uint8_t *rx = emit_rx(e, e->p);

    emit_load_state(e);
    emit_jmp_mem(e, ENV_MEM(jit_hot.resume));
    return rx;
}

static const uint8_t *make_enter(Emit *e, const uint8_t *go)
{
    const uint8_t *rx = emit_rx(e, e->p);

    for (unsigned i = 0; i < G_N_ELEMENTS(callee_saved); i++) {
        emit_push(e, callee_saved[i]);
    }
    emit_add_disp(e, true, H_RSP, H_RSP, -8); /* aligned for the calls to come */
    emit_store(e, true, H_RSP, host_mem(H_RDI, offsetof(CPUX86State, jit_hot.host_rsp)));
    emit_store(e, true, H_RSI, host_mem(H_RDI, offsetof(CPUX86State, jit_hot.resume)));
    emit_mov_rr(e, true, H_RSP, H_RDI);
    emit_jmp(e, go);
    return rx;
}

/* Back to the caller of enter; RSP is the thread's own. */
static const uint8_t *make_leave(Emit *e)
{
    const uint8_t *rx = emit_rx(e, e->p);

    emit_add_disp(e, true, H_RSP, H_RSP, 8);
    for (int i = G_N_ELEMENTS(callee_saved) - 1; i >= 0; i--) {
        emit_pop(e, callee_saved[i]);
    }
    emit8(e, 0xc3);
    return rx;
}

typedef const uint8_t *RuntimeFn(CPUX86State *env, const JitSite *site, uint64_t arg);

/*
 * Call @fn(env, site, T1); the site is the return address if @has_site. @fn
 * returns where to go on, or NULL to leave.
 */
static const uint8_t *make_call(Emit *e, RuntimeFn *fn, bool has_site, const uint8_t *go,
                                const uint8_t *leave)
{
    const uint8_t *rx;
    uint8_t *zero;

    e->p += -(uintptr_t)e->p & 63;
    rx = emit_rx(e, e->p);
    if (has_site) {
        emit_pop(e, H_T2);
    }
    emit_save_state(e);
    emit_mov_rr(e, true, H_RSI, H_T2);
    emit_mov_rr(e, true, H_RDX, H_T1);
    emit_mov_rr(e, true, H_RBX, H_RSP);
    emit_mov_rr(e, true, H_RDI, H_RSP);
    emit_load(e, true, H_RSP, ENV_MEM(jit_hot.host_rsp));
    emit_load_imm(e, H_RAX, (uintptr_t)fn);
    emit_op_reg(e, false, 0, 0xff, 2, H_RAX); /* call rax */
    emit_op_reg(e, true, 0, 0x85, H_RAX, H_RAX);
    zero = emit_jcc8(e, 4);
    emit_mov_rr(e, true, H_RSP, H_RBX);
    emit_store(e, true, H_RAX, ENV_MEM(jit_hot.resume));
    emit_jmp(e, go);
    emit_here8(e, zero);
    emit_jmp(e, leave);
    return rx;
}

/* A field of env while a return address lies below it. */
#define ENV_CALLED(field) host_mem(H_ENV, offsetof(CPUX86State, field) + 8)

static X86HostMem fast_entry(int slot, unsigned mmu, size_t field)
{
    return host_mem_index(slot, H_T2, 3,
                          offsetof(X86TLBSlot, fast) + mmu * sizeof(X86TLBFast) + field);
}

/* Member @field of the micro TLB's entry that T0 is the index of; @pushed bytes lie below env. */
static X86HostMem micro_mem(int pushed, size_t field)
{
    return host_mem_index(H_RSP, H_T0, 3, offsetof(CPUX86State, tlb_micro) + field + pushed);
}

/*
 * Called behind a miss of the micro TLB with the linear address in T1; the site
 * follows the call. Copies the entry for the page and returns behind the site,
 * or gives up to the slow path.
 */
/* Offset of a member from the return address. */
#define SITE(member) (JIT_REFILL_JMP + offsetof(JitSite, member))

static const uint8_t *make_refill(Emit *e, unsigned mmu, bool store, const uint8_t *slow)
{
    size_t tag = store ? offsetof(X86TLBFast, write_ntag) : offsetof(X86TLBFast, read_ntag);
    const uint8_t *rx;
    uint8_t *hit, *good;

    e->p += -(uintptr_t)e->p & 63;
    rx = emit_rx(e, e->p);
    emit_load(e, true, H_T2, host_mem(H_RSP, 0));
    emit_load_n(e, 1, H_T0, host_mem(H_T2, SITE(size_m1)));
    emit_lea(e, true, H_T0, host_mem_index(H_T0, H_T1, 0, 0));
    emit_pext(e, H_T0, H_T0, ENV_CALLED(jit_hot.page_mask));
    emit_pext(e, H_T2, H_T1, ENV_CALLED(jit_hot.index_mask));
    emit_store(e, true, H_T1, ENV_CALLED(jit_hot.refill_address));
    emit_load(e, true, H_T1, ENV_CALLED(tlb_slot));
    emit_load(e, true, H_T1, fast_entry(H_T1, mmu, tag));
    emit_lea(e, true, H_T0, host_mem_index(H_T0, H_T1, 0, 0));
    hit = emit_jrcxz(e);
    uint8_t *give_up = e->p;
    emit_load(e, true, H_T2, host_mem(H_RSP, 0));
    emit_lea(e, true, H_T2, host_mem(H_T2, JIT_REFILL_JMP));
    emit_store(e, true, H_T2, host_mem(H_RSP, 0));
    emit_load(e, true, H_T1, ENV_CALLED(jit_hot.refill_address));
    emit_jmp(e, slow);
    emit_here8(e, hit);
    emit_load(e, true, H_T0, ENV_CALLED(tlb_slot));
    emit_load(e, true, H_T0, fast_entry(H_T0, mmu, offsetof(X86TLBFast, addend)));
    emit_store(e, true, H_T0, ENV_CALLED(jit_hot.refill_addend));
    emit_load(e, true, H_T0, host_mem(H_RSP, 0));
    emit_load_n(e, 1, H_T0, host_mem(H_T0, SITE(class)));
    emit_shlx(e, H_T1, H_T1, H_T0);
    emit_load(e, true, H_T0, host_mem(H_RSP, 0));
    emit_load_n(e, 2, H_T0, host_mem(H_T0, SITE(micro)));
    emit_lea(e, true, H_T1, host_mem(H_T1, -1));
    emit_store(e, true, H_T1, micro_mem(8, offsetof(X86TLBMicro, ntag)));
    if (store) {
        /* See x86_tlb_protect_ram(): is it still there, now that the copy is? */
        if (!smp_mb_global_is_asymmetric) {
            emit8(e, 0x0f); /* mfence */
            emit8(e, 0xae);
            emit8(e, 0xf0);
        }
        emit_load(e, true, H_T0, ENV_CALLED(tlb_slot));
        emit_load(e, true, H_T0, fast_entry(H_T0, mmu, tag));
        emit_load(e, true, H_T2, host_mem(H_RSP, 0));
        emit_load_n(e, 1, H_T2, host_mem(H_T2, SITE(class)));
        emit_shlx(e, H_T0, H_T0, H_T2);
        emit8(e, 0x48); /* not rcx */
        emit8(e, 0xf7);
        emit8(e, 0xd1);
        emit_lea(e, true, H_T0, host_mem_index(H_T0, H_T1, 0, 2));
        good = emit_jrcxz(e);
        emit_load(e, true, H_T0, host_mem(H_RSP, 0));
        emit_load_n(e, 2, H_T0, host_mem(H_T0, SITE(micro)));
        emit_store_imm32(e, true, 0, micro_mem(8, offsetof(X86TLBMicro, ntag)));
        emit_jmp(e, emit_rx(e, give_up));
        emit_here8(e, good);
    }
    emit_load(e, true, H_T0, host_mem(H_RSP, 0));
    emit_load_n(e, 2, H_T0, host_mem(H_T0, SITE(micro)));
    emit_load(e, true, H_T1, ENV_CALLED(jit_hot.refill_addend));
    emit_store(e, true, H_T1, micro_mem(8, offsetof(X86TLBMicro, addend)));
    emit_load(e, true, H_T1, micro_mem(8, offsetof(X86TLBMicro, misses)));
    emit_lea(e, true, H_T1, host_mem(H_T1, -1));
    emit_store(e, true, H_T1, micro_mem(8, offsetof(X86TLBMicro, misses)));
    emit_mov_rr(e, true, H_T0, H_T1);
    uint8_t *look = emit_jrcxz(e);
    emit8(e, 0xc3);
    emit_here8(e, look);
    emit_jmp(e, emit_rx(e, give_up));
    return rx;
}

/* In the jump cache that T0 points to, with twice the index in T2. */
static X86HostMem second_way(size_t field)
{
    return host_mem_index(H_T0, H_T2, 3, offsetof(JitJumpCache, way[1]) + field);
}

/* The second way of the jump cache, after the first: index in T2, eip in T1; jumps when it hits. */
static uint8_t *make_second_look(Emit *e, int pushed)
{
    X86HostMem jumps = host_mem(H_ENV, offsetof(CPUX86State, jit_hot.jumps) + pushed);
    uint8_t *hit;

    emit_load(e, true, H_T0, jumps);
    emit_load(e, true, H_T0, second_way(offsetof(JitJump, ntag)));
    emit_lea(e, true, H_T0, host_mem_index(H_T0, H_T1, 0, 0));
    hit = emit_jrcxz(e);
    return hit;
}

static void make_second_code(Emit *e, int pushed)
{
    emit_load(e, true, H_T0, host_mem(H_ENV, offsetof(CPUX86State, jit_hot.jumps) + pushed));
    emit_load(e, true, H_T0, second_way(offsetof(JitJump, code)));
}

/* Called: returns with the code in T0, or goes on to the runtime with the site behind the jump. */
static const uint8_t *make_second_way(Emit *e, const uint8_t *indirect)
{
    const uint8_t *rx;
    uint8_t *hit;

    e->p += -(uintptr_t)e->p & 63;
    rx = emit_rx(e, e->p);
    hit = make_second_look(e, 8);
    emit_load(e, true, H_T2, host_mem(H_RSP, 0));
    emit_lea(e, true, H_T2, host_mem(H_T2, JIT_REFILL_JMP));
    emit_store(e, true, H_T2, host_mem(H_RSP, 0));
    emit_jmp(e, indirect);
    emit_here8(e, hit);
    make_second_code(e, 8);
    emit8(e, 0xc3);
    return rx;
}

/* Called by an exit that has nothing left to do but to jump to T0. */
static const uint8_t *make_far(Emit *e, const uint8_t *miss)
{
    JitJumpLookup look;
    const uint8_t *rx;
    uint8_t *hit;

    e->p += -(uintptr_t)e->p & 63;
    rx = emit_rx(e, e->p);
    look = jit_emit_jump_cache(e, 8);
    emit8(e, 0xc3);
    emit_patch32(e, look.miss, emit_rx(e, e->p));
    hit = make_second_look(e, 8);
    emit_pop(e, H_T2);
    emit_jmp(e, miss);
    emit_here8(e, hit);
    make_second_code(e, 8);
    emit8(e, 0xc3);
    return rx;
}

size_t jit_make_thunks(void)
{
    Emit e = {.p = jit.buf.rw, .start = jit.buf.rw, .to_rx = jit.buf.rx - jit.buf.rw};
    JitThunks *t = &jit.thunk;
    const uint8_t *go = make_go(&e), *leave = make_leave(&e);

    t->enter = (void (*)(CPUX86State *, const uint8_t *))make_enter(&e, go);
    t->slow = make_call(&e, jit_rt_slow, true, go, leave);
    for (unsigned mmu = 0; mmu < X86_MMU_COUNT; mmu++) {
        t->refill[mmu][0] = make_refill(&e, mmu, false, t->slow);
        t->refill[mmu][1] = make_refill(&e, mmu, true, t->slow);
    }
    t->interp = make_call(&e, jit_rt_interp, true, go, leave);
    t->exit = make_call(&e, jit_rt_exit, true, go, leave);
    t->poll = make_call(&e, jit_rt_poll, true, go, leave);
    t->syscall = make_call(&e, jit_rt_syscall, true, go, leave);
    t->sysret = make_call(&e, jit_rt_sysret, true, go, leave);
    t->run = make_call(&e, jit_rt_run, true, go, leave);
    t->iret = make_call(&e, jit_rt_iret, true, go, leave);
    t->string = make_call(&e, jit_rt_string, true, go, leave);
    t->budget = make_call(&e, jit_rt_budget, true, go, leave);
    t->spin = make_call(&e, jit_rt_spin, true, go, leave);
    t->load_fpu = make_call(&e, jit_rt_load_fpu, true, go, leave);
    t->indirect = make_call(&e, jit_rt_indirect, true, go, leave);
    t->miss = make_call(&e, jit_rt_miss, false, go, leave);
    t->stale = t->miss;
    t->second_way = make_second_way(&e, t->indirect);
    t->far = make_far(&e, t->miss);
    t->polled = make_call(&e, jit_rt_polled, false, go, leave);
    t->fault = make_call(&e, jit_rt_fault, false, go, leave);
    t->end = emit_rx(&e, e.p);
    return e.p - e.start;
}
