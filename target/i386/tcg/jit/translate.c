/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translating one block: a straight run of guest instructions in one page that
 * continues behind conditional branches which are not taken.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/fault-story.h"
#include "target/i386/tcg/svm.h"
#include "target/i386/tcg/jit/gen.h"

#define INSN_ROOM 512 /* host bytes one template may write */

static bool one_insn(JitGen *g)
{
    const DecodedInsn *d = g->d;

    if (d->flags & (X86_IF_X87 | X86_IF_VECTOR)) {
        return gen_vector(g);
    }
    if (d->flags & X86_IF_BRANCH) {
        return gen_branch(g);
    }
    return gen_integer(g) || gen_stack(g) || gen_system(g);
}

/* Its template says what it does to T1 and T2. */
static bool minds_scratch(const DecodedInsn *d)
{
    switch (d->op) {
    case X86_OP_JCC:
    case X86_OP_LEA:
    case X86_OP_NOP:
    case X86_OP_PUSH:
    case X86_OP_POP:
        return true;
    default:
        return gen_is_generic(d) || (d->flags & X86_IF_VECTOR);
    }
}

/* It does nothing but compute: what T1 and T2 hold need not be stored before. */
static bool is_pure(const DecodedInsn *d)
{
    if (d->op == X86_OP_LEA || d->op == X86_OP_NOP) {
        return true;
    }
    return gen_is_generic(d) && !x86_insn_has_mem(d) && d->op != X86_OP_DIV && d->op != X86_OP_IDIV;
}

/* What of the context an instruction that has no template after all must leave as it was. */
typedef struct Undo {
    uint8_t *p;
    unsigned nmiss, npoll, nexit;
    bool fpu_checked;
    uint8_t held[2];
    bool dirty[2];
} Undo;

static Undo save(const JitGen *g)
{
    return (Undo){g->e.p,
                  g->nmiss,
                  g->npoll,
                  g->nexit,
                  g->fpu_checked,
                  {g->held[0], g->held[1]},
                  {g->dirty[0], g->dirty[1]}};
}

static void undo(JitGen *g, const Undo *u)
{
    g->e.p = u->p;
    g->nmiss = u->nmiss;
    g->npoll = u->npoll;
    g->nexit = u->nexit;
    g->fpu_checked = u->fpu_checked;
    memcpy(g->held, u->held, sizeof(g->held));
    memcpy(g->dirty, u->dirty, sizeof(g->dirty));
    g->ended = false;
}

static void gen_insn(JitGen *g)
{
    const DecodedInsn *d = g->d;
    Undo before;

    g->holding = minds_scratch(d);
    g->pure = is_pure(d);
    if (!g->holding) {
        gen_forget(g);
    } else if (!g->pure) {
        gen_flush(g);
    }
    if (d->op == X86_OP_JCC || !(g->holding || (d->flags & X86_IF_X87))) {
        gen_settle_x87(g);
    }
    before = save(g);
    if (((g->hflags & HF_GUEST) && x86_svm_concerns(d)) || !one_insn(g)) {
        undo(g, &before);
        gen_forget(g);
        gen_interp(g);
        g->x87 = 0;
    } else if (!g->holding) {
        gen_forget(g);
    }
}

const DecodedInsn *gen_peek(JitGen *g, unsigned index)
{
    while (g->npeeked <= index) {
        unsigned at = g->at[g->npeeked], n = MIN(g->avail - at, X86_MAX_INSN_LEN);
        DecodedInsn *d = &g->decoded[g->npeeked];

        if (g->npeeked == JIT_MAX_INSNS || n == 0 ||
            x86_decode(&g->mode, g->bytes + at, n, g->eip + at, d) != X86_DECODE_OK) {
            return NULL;
        }
        g->at[++g->npeeked] = at + d->len;
    }
    return &g->decoded[index];
}

/* Bytes of the block's page, from its first instruction; more only for a lone straddling one. */
typedef struct CodeBytes {
    const uint8_t *p;
    unsigned avail;
    uint8_t joined[2 * X86_MAX_INSN_LEN];
} CodeBytes;

static bool full(const JitGen *g)
{
    return g->ninsn == JIT_MAX_INSNS || g->nexit >= JIT_MAX_EXITS - 2 ||
           g->npoll >= JIT_MAX_EXITS - 2 || g->nmiss + 4 > JIT_MAX_SLOW ||
           g->e.p + INSN_ROOM > g->e.limit;
}

bool gen_loop_end_follows(const uint8_t *p, unsigned avail)
{
    if (avail >= 2 && (p[0] & 0xf0) == 0x70) {
        return p[1] & 0x80;
    }
    return avail >= 6 && p[0] == 0x0f && (p[1] & 0xf0) == 0x80 && (p[5] & 0x80);
}

/* False if not even one instruction can be translated. */
static bool gen_body(JitGen *g, const CodeBytes *code, unsigned first_off, uint64_t eip)
{
    g->bytes = code->p;
    g->avail = code->avail;
    g->eip = eip;
    g->npeeked = 0;
    g->at[0] = 0;
    memset(g->held, JIT_HELD_NOTHING, sizeof(g->held));
    memset(g->dirty, 0, sizeof(g->dirty));
    g->x87 = 0;
    while (!g->ended) {
        const DecodedInsn *d;
        unsigned done = g->at[g->ninsn], next;

        g->off = first_off + done;
        gen_end_run(g);
        if (g->ninsn >= g->run_end && full(g)) {
            gen_jump(g, g->off);
            break;
        }
        if (g->ninsn && jit_breaks_at(g->off & ~TARGET_PAGE_MASK)) {
            gen_jump(g, g->off);
            g->exit[g->nexit - 1].other_page = true;
            break;
        }
        d = gen_peek(g, g->ninsn);
        if (!d) {
            if (g->ninsn == 0) {
                return false;
            }
            /* What follows crosses the page or is invalid: it is looked up each time. */
            gen_jump(g, g->off);
            g->exit[g->nexit - 1].other_page = true;
            break;
        }
        g->index = g->ninsn++;
        g->naccess[g->index] = 0;
        g->d = d;
        g->insn[g->index] = (JitInsn){.host = g->e.p - g->code,
                                      .off = g->off,
                                      .len = d->len,
                                      .decoded = -1,
                                      .bytes = done,
                                      .held = {g->held[0], g->held[1]},
                                      .fpu = g->fpu_checked,
                                      .x87 = g->x87};
        gen_run(g);
        next = done + d->len;
        if (g->mmu == X86_MMU_USER && !(d->flags & X86_IF_BRANCH) &&
            gen_loop_end_follows(code->p + next, code->avail - next)) {
            /* Processors make one operation of a comparison and its jump. */
            gen_flush(g);
            gen_poll(g);
            gen_insn(g);
            g->polled = true;
        } else {
            gen_insn(g);
            g->polled = false;
        }
        if (icount_enabled() && (d->flags & X86_IF_BRANCH) && !g->ended) {
            /* All of it is executed, whichever way the jump goes. */
            gen_jump(g, first_off + next);
        }
    }
    return true;
}

/* Entry from another page: T1 is the eip. Its first eight bytes can be replaced at once. */
static void gen_far_entry(JitGen *g, unsigned first_off)
{
    Emit *e = &g->e;

    e->p += JIT_HEADER;
    e->p += -(uintptr_t)e->p & 15;
    e->start = e->p;
    emit8(e, 0x4d); /* lea r14, [r14 - off], always with disp32 */
    emit8(e, 0x8d);
    emit8(e, 0xb6);
    emit32(e, -(int32_t)first_off);
    emit8(e, 0x3e); /* a prefix that does nothing, so that the code is aligned, too */
    emit_store(e, true, H_T1, ENV_MEM(jit_hot.pcbase));
    g->code = e->p;
    g_assert(g->code - e->start == JIT_FAR_SIZE);
}

/*
 * With -icount a block begins by taking the number of its instructions from what the vCPU may
 * still execute, and is not entered if that is too little. Whoever leaves it early puts back
 * what was not executed (runtime.c).
 */
static void gen_budget(JitGen *g)
{
    Emit *e = &g->e;
    X86HostMem left =
        host_mem(H_ENV, (int)offsetof(CPUState, icount_left) - (int)offsetof(X86CPU, env));
    X86HostMem sign =
        host_mem(H_ENV, (int)offsetof(CPUState, icount_left) + 7 - (int)offsetof(X86CPU, env));
    uint8_t *enough;

    if (!icount_enabled()) {
        return;
    }
    emit_load(e, true, H_T0, left);
    emit8(e, 0x48); /* lea rcx, [rcx - ninsn]: finish() fills it in */
    emit8(e, 0x8d);
    emit8(e, 0x89);
    g->budget = e->p;
    emit32(e, 0);
    emit_store(e, true, H_T0, left);
    emit_load_n(e, 1, H_T0, sign);
    enough = emit_jrcxz(e);
    emit_call(e, jit.thunk.budget);
    gen_site(g, 0, NULL);
    emit_here8(e, enough);
}

/* For the story of a triple fault, while the log would tell it: the linear address. */
static void gen_note_block(JitGen *g, unsigned first_off)
{
    Emit *e = &g->e;

    if (likely(!qemu_loglevel_mask(X86_STORY_LOG))) {
        return;
    }
    gen_eip(g, H_T1, first_off);
    if (!g->mode64) {
        emit_load(e, true, H_T0, gen_seg_base(R_CS));
        emit_lea(e, false, H_T1, host_mem_index(H_T1, H_T0, 0, 0));
    }
    emit_load(e, true, H_T0, ENV_MEM(story.entered));
    emit_lea(e, true, H_T2, host_mem(H_T0, 1));
    emit_store(e, true, H_T2, ENV_MEM(story.entered));
    emit_pext(e, H_T0, H_T0, ENV_MEM(story.mask));
    emit_store(e, true, H_T1, host_mem_index(H_ENV, H_T0, 3, offsetof(CPUX86State, story.pc)));
}

static void *keep(const void *p, size_t size)
{
    return memcpy(jit_region_alloc(size), p, size);
}

static JitBlock *finish(JitGen *g, const JitKey *key, const CodeBytes *code, unsigned first_off)
{
    JitBlock *b = jit_new_block();
    unsigned ndecoded = 0;

    memcpy(g->e.start - JIT_HEADER, &b, JIT_HEADER);
    b->key = *key;
    b->base = g->e.start;
    b->far = emit_rx(&g->e, g->e.start);
    b->code = emit_rx(&g->e, g->code);
    b->first_off = first_off;
    b->fpu_size = g->fpu_checked ? g->fpu_size : 0;
    b->pcbase = g->pcbase;
    b->ninsn = g->ninsn;
    b->insn = keep(g->insn, g->ninsn * sizeof(JitInsn));
    b->guest_len = b->insn[g->ninsn - 1].bytes + b->insn[g->ninsn - 1].len;
    b->bytes = keep(code->p, b->guest_len);
    for (unsigned i = 0; i < g->nexit; i++) {
        b->nexit += !g->exit[i].other_page;
    }
    b->exit = jit_region_alloc(b->nexit * sizeof(JitExit));
    if (g->budget) {
        stl_he_p(g->budget, -(uint32_t)g->ninsn);
    }
    gen_write_misses(g);
    gen_write_exits(g, b);
    for (unsigned i = 0; i < g->ninsn; i++) {
        if (g->keep[i]) {
            g->decoded[ndecoded] = g->decoded[i];
            b->insn[i].decoded = ndecoded++;
        }
    }
    b->decoded = keep(g->decoded, ndecoded * sizeof(DecodedInsn));
    b->ndecoded = ndecoded;
    b->size = g->e.p - b->base;
    b->page[0] = key->phys & TARGET_PAGE_MASK;
    b->page[1] = JIT_NO_PAGE;
    return b;
}

/* The bytes of an instruction that continues in the next page; false: not mapped as RAM. */
static bool join_pages(CPUX86State *env, const X86CodePage *page, unsigned offset, CodeBytes *code,
                       ram_addr_t *second)
{
    unsigned n = TARGET_PAGE_SIZE - offset;
    uint64_t next = x86_pc(env) + n;
    X86CodePage page2;

    if (!(env->hflags & HF_CS64)) {
        next = (uint32_t)next;
    }
    if (n >= X86_MAX_INSN_LEN || !x86_tlb_code_page(env, next, true, &page2) || !page2.host) {
        return false;
    }
    memcpy(code->joined, page->host + offset, n);
    memcpy(code->joined + n, page2.host, X86_MAX_INSN_LEN - n);
    code->p = code->joined;
    code->avail = X86_MAX_INSN_LEN;
    *second = page2.ram_addr;
    return true;
}

static void init_gen(JitGen *g, CPUX86State *env, unsigned first_off, ram_addr_t phys)
{
    g->env = env;
    g->hflags = jit_mode(env);
    g->entry_hflags = g->hflags;
    g->mode = (X86DecodeMode){.hflags = g->hflags, .features = env->features};
    g->mode64 = g->hflags & HF_CS64;
    g->mmu = x86_mmu_index(env);
    g->crowded = g->mmu == X86_MMU_USER && jit_micro_is_crowded(env);
    g->pcbase = env->eip - first_off;
    g->phys = phys;
    g->eip_mask = jit_eip_mask(g->hflags);
    g->e = (Emit){
        .p = jit.next, .limit = jit.next + JIT_MAX_CODE / 2, .to_rx = jit.buf.rx - jit.buf.rw};
}

/* In one thread at a time, under jit.lock. */
static JitGen gen_state;

static bool cs_limit_allows(CPUX86State *env, CodeBytes *code)
{
    uint64_t left;

    if (env->hflags & HF_CS64) {
        return true;
    }
    if (env->eip > env->segs[R_CS].limit) {
        return false;
    }
    left = (uint64_t)env->segs[R_CS].limit - env->eip + 1;
    code->avail = MIN(code->avail, left);
    if (!(env->hflags & HF_CS32)) {
        code->avail = MIN(code->avail, 0x10000 - (env->eip & 0xffff));
    }
    return true;
}

JitBlock *jit_translate(CPUX86State *env, const JitKey *key, const X86CodePage *page)
{
    unsigned offset = key->phys & ~TARGET_PAGE_MASK;
    CodeBytes code = {.p = page->host + offset, .avail = TARGET_PAGE_SIZE - offset};
    uint8_t copy[(JIT_MAX_INSNS + 1) * X86_MAX_INSN_LEN]; /* with what may follow the block */
    ram_addr_t second = JIT_NO_PAGE;
    JitGen *g = &gen_state;
    JitBlock *b;

    if (!cs_limit_allows(env, &code)) {
        return NULL;
    }
    code.avail = MIN(code.avail, sizeof(copy));
    memcpy(copy, code.p, code.avail);
    code.p = copy;
    memset(g, 0, offsetof(JitGen, insn));
    memset(g->keep, 0, sizeof(g->keep));
    g->ninsn = g->nmiss = g->nexit = g->npoll = 0;
    g->ended = g->polled = false;
    g->budget = NULL;
    init_gen(g, env, offset, key->phys & TARGET_PAGE_MASK);
    gen_far_entry(g, offset);
    gen_budget(g);
    gen_note_block(g, offset);
    if (!gen_body(g, &code, offset, env->eip)) {
        /* One instruction that may go on in the next page. */
        if (!join_pages(env, page, offset, &code, &second) || !cs_limit_allows(env, &code)) {
            return NULL;
        }
        g->e.p = g->code;
        g->ended = false;
        gen_budget(g);
        gen_note_block(g, offset);
        if (!gen_body(g, &code, offset, env->eip)) {
            return NULL;
        }
    }
    if (qemu_loglevel_mask(CPU_LOG_TB_IN_ASM | CPU_LOG_TB_OP)) {
        x86_log_block(x86_pc(env), g->decoded, g->ninsn, g->hflags);
    }
    b = finish(g, key, &code, offset);
    if (qemu_loglevel_mask(CPU_LOG_TB_OUT_ASM)) {
        jit_log_block(g, b);
    }
    b->page[1] = second;
    return b;
}
