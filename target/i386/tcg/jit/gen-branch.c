/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control transfers: direct exits that are linked by patching, the jump cache
 * for everything else, and the polls that let a vCPU be stopped.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/jit/gen.h"

void gen_site(JitGen *g, unsigned index, const JitMiss *miss)
{
    JitSite site = {
        .back = g->e.p - g->e.start + JIT_HEADER,
        .index = index,
        .micro = -1,
    };

    if (miss) {
        site.access = miss->access;
        site.size_m1 = miss->size - 1;
        site.micro = miss->micro;
        site.class = miss->class;
    }
    QEMU_BUILD_BUG_ON(JIT_MAX_CODE > UINT16_MAX || JIT_MAX_INSNS > UINT8_MAX);
    memcpy(g->e.p, &site, sizeof(site));
    g->e.p += sizeof(site);
}

void gen_interp_instead(JitGen *g)
{
    g->keep[g->index] = true;
    emit_call(&g->e, jit.thunk.interp);
    gen_site(g, g->index, NULL);
}

void gen_interp(JitGen *g)
{
    gen_interp_instead(g);
    if (g->d->flags & (X86_IF_BRANCH | X86_IF_END_BLOCK)) {
        g->ended = true;
    }
}

static X86HostMem cpu_field(size_t offset)
{
    return host_mem(H_ENV, (int)offset - (int)offsetof(X86CPU, env));
}

/*
 * Leave here, before the current instruction, if that has been asked for. User code, which
 * is kicked seldom and loops much, polls by a load that faults (CPUState.poll_address):
 * no jump, and it can stand before the comparison that a conditional jump belongs to.
 */
void gen_poll(JitGen *g)
{
    Emit *e = &g->e;
    X86HostMem request = cpu_field(offsetof(CPUState, exit_request));
    uint8_t *quiet;

    if (g->mmu == X86_MMU_USER) {
        emit_load(e, true, H_T0, cpu_field(offsetof(CPUState, poll_address)));
        emit_load_n(e, 1, H_T0, host_mem(H_T0, 0));
        return;
    }
    emit_load_n(e, 1, H_T0, request);
    quiet = emit_jrcxz(e);
    emit8(e, 0xe9);
    g->poll[g->npoll++] = (JitPoll){.rel = e->p, .insn = g->index};
    emit32(e, 0);
    emit_here8(e, quiet);
}

static void pending_exit(JitGen *g, int32_t off)
{
    g->exit[g->nexit++] = (JitPendingExit){
        .rel = g->e.p,
        .off = off,
        .other_page = off < 0 || off >= TARGET_PAGE_SIZE || g->hflags != g->entry_hflags,
        .other_mode = g->hflags != g->entry_hflags,
        .fpu = g->fpu_checked,
        .insn = g->index,
    };
    emit32(&g->e, 0);
}

void gen_jump(JitGen *g, int32_t off)
{
    gen_flush(g);
    gen_settle_x87(g);
    emit_fit(&g->e, 5, 64);
    emit8(&g->e, 0xe9);
    pending_exit(g, off);
    g->ended = true;
}

static void gen_jcc(JitGen *g, unsigned cond, int32_t off)
{
    emit_fit(&g->e, 6, 64);
    emit8(&g->e, 0x0f);
    emit8(&g->e, 0x80 | cond);
    pending_exit(g, off);
}

/* ---- the jump cache ---- */

/* @index: twice the entry's. */
static X86HostMem jumps(int base, int index, size_t field)
{
    QEMU_BUILD_BUG_ON(sizeof(JitJump) != 2 << 3);
    return host_mem_index(base, index, 3, offsetof(JitJumpCache, way[0]) + field);
}

static X86HostMem called(size_t offset, int pushed)
{
    return host_mem(H_ENV, (int)offset + pushed);
}

JitJumpLookup jit_emit_jump_cache(Emit *e, int pushed)
{
    JitJumpLookup look;
    uint8_t *hit;

    emit_pext(e, H_T2, H_T1, called(offsetof(CPUX86State, jit_hot.jump_low), pushed));
    emit_pext(e, H_T0, H_T1, called(offsetof(CPUX86State, jit_hot.jump_high), pushed));
    emit_lea(e, true, H_T2, host_mem_index(H_T2, H_T0, 0, 0));
    emit_lea(e, true, H_T2, host_mem_index(H_T2, H_T2, 0, 0));
    emit_load(e, true, H_T0, called(offsetof(CPUX86State, jit_hot.jumps), pushed));
    emit_load(e, true, H_T0, jumps(H_T0, H_T2, offsetof(JitJump, ntag)));
    emit_lea(e, true, H_T0, host_mem_index(H_T0, H_T1, 0, 0));
    hit = emit_jrcxz(e);
    emit8(e, 0xe9);
    look.miss = e->p;
    emit32(e, 0);
    emit_here8(e, hit);
    emit_load(e, true, H_T0, called(offsetof(CPUX86State, jit_hot.jumps), pushed));
    emit_load(e, true, H_T0, jumps(H_T0, H_T2, offsetof(JitJump, code)));
    look.join = e->p;
    return look;
}

/* With the target in T1: the second way, or enters it and starts the instruction again. */
static void gen_miss_indirect(JitGen *g, JitJumpLookup look)
{
    emit_patch32(&g->e, look.miss, emit_rx(&g->e, g->e.p));
    g->keep[g->index] = true;
    emit_call(&g->e, jit.thunk.second_way);
    emit_jmp(&g->e, emit_rx(&g->e, look.join)); /* JIT_REFILL_JMP bytes */
    gen_site(g, g->index, NULL);
    g->ended = true;
}

/* ---- direct ---- */

static bool direct_target(JitGen *g, int32_t *off)
{
    const DecodedInsn *d = g->d;
    int64_t to = (int64_t)g->off + d->len + d->imm;

    if (g->eip_mask == UINT16_MAX || (d->opsize == 2 && !g->mode64)) {
        if (!(g->eip_mask == UINT16_MAX && d->opsize == 2)) {
            return false;
        }
        /* 16-bit code is keyed by its eip: the offset that wraps is known. */
        to = (int64_t)(((uint64_t)to + g->pcbase) & UINT16_MAX) - (int64_t)g->pcbase;
    }
    /* The transfer itself faults; where CS is not flat its limit is part of the key. */
    if (!g->mode64 && (((uint64_t)to + g->pcbase) & g->eip_mask) > g->env->segs[R_CS].limit) {
        return false;
    }
    *off = to;
    return to == (int32_t)to;
}

static bool backward(const JitGen *g, int32_t off)
{
    return off <= (int32_t)g->off;
}

static bool gen_jmp_direct(JitGen *g)
{
    int32_t off;

    if (!direct_target(g, &off)) {
        return false;
    }
    if (backward(g, off)) {
        gen_poll(g);
    }
    gen_jump(g, off);
    return true;
}

static bool gen_jcc_direct(JitGen *g)
{
    int32_t off;

    if (!direct_target(g, &off)) {
        return false;
    }
    if (backward(g, off) && !g->polled) {
        gen_poll(g);
    }
    gen_jcc(g, g->d->cond, off);
    return true;
}

static bool gen_call_direct(JitGen *g)
{
    unsigned size = g->d->opsize;
    int32_t off;

    if (!direct_target(g, &off) || !gen_stack_ok(g)) {
        return false;
    }
    if (backward(g, off)) {
        gen_poll(g);
    }
    X86HostMem m = gen_stack_mem(g, -(int)size, size, OPND_W);
    gen_eip(g, H_T0, g->off + g->d->len);
    emit_store_n(&g->e, size, H_T0, m);
    gen_stack_add(g, -(int)size);
    gen_jump(g, off);
    return true;
}

/* LOOP and JRCXZ: the host's RCX is free for the test. */
static bool gen_loop(JitGen *g)
{
    const DecodedInsn *d = g->d;
    int rcx = jit_host_reg[R_ECX];
    bool wide = d->addrsize == 8;
    uint8_t *zero;
    int32_t off;

    if (d->addrsize == 2 || !direct_target(g, &off)) {
        return false;
    }
    if (backward(g, off)) {
        gen_poll(g);
    }
    if (d->op == X86_OP_LOOP) {
        emit_lea(&g->e, wide, rcx, host_mem(rcx, -1));
        emit_mov_rr(&g->e, wide, H_RCX, rcx);
        zero = emit_jrcxz(&g->e);
        emit_fit(&g->e, 5, 64);
        emit8(&g->e, 0xe9);
        pending_exit(g, off);
        emit_here8(&g->e, zero);
        return true;
    }
    emit_mov_rr(&g->e, wide, H_RCX, rcx);
    zero = emit_jrcxz(&g->e);
    emit8(&g->e, 0xeb); /* jmp over the exit */
    emit8(&g->e, 0);
    uint8_t *over = g->e.p;
    emit_here8(&g->e, zero);
    emit_fit(&g->e, 5, 64);
    emit8(&g->e, 0xe9);
    pending_exit(g, off);
    emit_here8(&g->e, over);
    return true;
}

/* ---- indirect ---- */

static bool full_width(const JitGen *g)
{
    return g->d->opsize == (g->mode64 ? 8 : 4) && g->eip_mask != UINT16_MAX;
}

static void ret_tail(JitGen *g, X86HostMem at)
{
    const DecodedInsn *d = g->d;
    JitJumpLookup look;

    emit_load_n(&g->e, d->opsize, H_T1, at);
    look = jit_emit_jump_cache(&g->e, 0);
    gen_stack_add(g, d->opsize + (uint16_t)d->imm);
    emit_jmp_reg(&g->e, H_T0);
    gen_miss_indirect(g, look);
}

void gen_ret_from(JitGen *g, X86HostMem at)
{
    gen_poll(g);
    ret_tail(g, at);
}

static bool gen_ret(JitGen *g)
{
    const DecodedInsn *d = g->d;

    if (!full_width(g) || !gen_stack_ok(g) || gen_stack_size(g) != d->opsize) {
        return false;
    }
    gen_poll(g);
    ret_tail(g, gen_stack_mem(g, 0, d->opsize, OPND_R));
    return true;
}

/*
 * In another mode than the block began in, as behind CLAC: the jump cache that translated code
 * knows is that of the first, so the runtime looks.
 */
static bool gen_ret_in_other_mode(JitGen *g)
{
    const DecodedInsn *d = g->d;
    Emit *e = &g->e;

    if (!g->mode64 || d->opsize != 8) {
        return false;
    }
    gen_poll(g);
    emit_load_n(e, 8, H_T1, gen_stack_mem(g, 0, 8, OPND_R));
    gen_need_canonical(g, H_T1);
    gen_stack_add(g, 8 + (uint16_t)d->imm);
    emit_jmp(e, jit.thunk.miss);
    g->ended = true;
    return true;
}

/* The target of an indirect jump or call to T1. */
static bool gen_target(JitGen *g)
{
    const DecodedInsn *d = g->d;

    if (d->opnd[0].kind == OPND_MEM) {
        if (!gen_mem_ok(g, &d->mem)) {
            return false;
        }
        emit_load_n(&g->e, d->opsize, H_T1, gen_operand(g, d->opsize, OPND_R));
        return true;
    }
    emit_mov_rr(&g->e, g->mode64, H_T1, gen_read_reg(g, d->opnd[0].reg, H_T1));
    return true;
}

static bool gen_jmp_ind(JitGen *g)
{
    JitJumpLookup look;

    if (!full_width(g) || (g->d->opnd[0].kind == OPND_MEM && !gen_mem_ok(g, &g->d->mem))) {
        return false;
    }
    gen_poll(g);
    gen_target(g);
    look = jit_emit_jump_cache(&g->e, 0);
    emit_jmp_reg(&g->e, H_T0);
    gen_miss_indirect(g, look);
    return true;
}

static bool gen_call_ind(JitGen *g)
{
    Emit *e = &g->e;
    unsigned size = g->d->opsize;
    JitJumpLookup look;

    if (!full_width(g) || !gen_stack_ok(g) ||
        (g->d->opnd[0].kind == OPND_MEM && !gen_mem_ok(g, &g->d->mem))) {
        return false;
    }
    gen_poll(g);
    gen_target(g);
    look = jit_emit_jump_cache(&g->e, 0);
    emit_store(e, true, H_T0, ENV_MEM(jit_hot.temp));
    emit_store(e, true, H_T1, ENV_MEM(jit_hot.target));
    X86HostMem m = gen_stack_mem(g, -(int)size, size, OPND_W);
    gen_eip(g, H_T0, g->off + g->d->len);
    emit_store_n(e, size, H_T0, m);
    gen_stack_add(g, -(int)size);
    emit_load(e, true, H_T1, ENV_MEM(jit_hot.target));
    emit_jmp_mem(e, ENV_MEM(jit_hot.temp));
    gen_miss_indirect(g, look);
    return true;
}

/* The jump cache that translated code knows is that of the mode in which the block began. */
static bool same_mode(const JitGen *g)
{
    return g->hflags == g->entry_hflags;
}

bool gen_branch(JitGen *g)
{
    switch (g->d->op) {
    case X86_OP_JMP:
        return gen_jmp_direct(g);
    case X86_OP_JCC:
        return gen_jcc_direct(g);
    case X86_OP_CALL:
        return gen_call_direct(g);
    case X86_OP_LOOP:
    case X86_OP_JCXZ:
        return gen_loop(g);
    case X86_OP_RET:
        return same_mode(g) ? gen_ret(g) : gen_ret_in_other_mode(g);
    case X86_OP_JMP_IND:
        return same_mode(g) && gen_jmp_ind(g);
    case X86_OP_CALL_IND:
        return same_mode(g) && gen_call_ind(g);
    default:
        return gen_system(g);
    }
}

/* ---- stubs ---- */

/* An exit to another page: its eip through the jump cache; what is mapped there may change. */
static void far_exit(JitGen *g, const JitPendingExit *x)
{
    emit_patch32(&g->e, x->rel, emit_rx(&g->e, g->e.p));
    gen_eip(g, H_T1, x->off);
    if (x->other_mode) {
        emit_jmp(&g->e, jit.thunk.miss);
        return;
    }
    /* Each has a jump of its own, for the processor to predict. */
    emit_call(&g->e, jit.thunk.far);
    emit_jmp_reg(&g->e, H_T0);
}

static void near_exit(JitGen *g, const JitPendingExit *x, JitBlock *b, unsigned n)
{
    JitExit *to = &b->exit[n];

    *to = (JitExit){
        .from = b,
        .rel = x->rel - g->e.start,
        .stub = g->e.p - g->e.start,
        .off = x->off,
        .fpu = x->fpu,
    };
    emit_patch32(&g->e, x->rel, emit_rx(&g->e, g->e.p));
    emit_call(&g->e, jit.thunk.exit);
    gen_site(g, n, NULL);
}

void gen_write_exits(JitGen *g, JitBlock *b)
{
    unsigned n = 0;

    for (unsigned i = 0; i < g->npoll; i++) {
        emit_patch32(&g->e, g->poll[i].rel, emit_rx(&g->e, g->e.p));
        emit_call(&g->e, jit.thunk.poll);
        gen_site(g, g->poll[i].insn, NULL);
    }
    for (unsigned i = 0; i < g->nexit; i++) {
        if (g->exit[i].other_page) {
            far_exit(g, &g->exit[i]);
        } else {
            near_exit(g, &g->exit[i], b, n++);
        }
    }
}
