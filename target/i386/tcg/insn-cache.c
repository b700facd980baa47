/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetching and decoding, and a cache of decoded instructions for the interpreter.
 *
 * The cache belongs to one vCPU. A block is found by linear address, and is
 * good if its bytes are still at the same host address (whatever the page
 * tables did meanwhile), the mode is the same, and the page has not been written
 * (code-track.h). Its memory is handed out in order and taken back all at once.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/i386/tcg/excp.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/tlb.h"

#define CACHE_BITS   13
#define CACHE_BLOCKS (1u << CACHE_BITS)
#define CACHE_INSNS  (48u * 1024)

struct X86InsnCache {
    X86InsnBlock block[CACHE_BLOCKS];
    DecodedInsn insn[CACHE_INSNS];
    unsigned used;
};

/* The rest of hflags is looked at when an instruction runs, not when it is decoded. */
#define DECODE_HFLAGS                                                                              \
    (HF_CS32 | HF_SS32 | HF_CS64 | HF_LMA | HF_PE | HF_VM | HF_ADDSEG | HF_SEGLIMIT | HF_OSFXSR |  \
     HF_AVX_EN | HF_AVX512_EN | HF_AMX_EN | HF_EM | HF_SMM)

X86InsnCache *x86_insn_cache_new(void)
{
    return g_malloc0(sizeof(X86InsnCache));
}

void x86_insn_cache_free(X86InsnCache *cache)
{
    g_free(cache);
}

void x86_insn_cache_clear(X86InsnCache *cache)
{
    memset(cache->block, 0, sizeof(cache->block));
    cache->used = 0;
}

/* ---- one instruction ---- */

static void insn_too_long(CPUX86State *env, const DecodedInsn *d)
{
    raise_exception_err(env, EXCP0D_GPF, 0);
}

static X86DecodeMode decode_mode(const CPUX86State *env)
{
    return (X86DecodeMode){.hflags = env->hflags, .features = env->features};
}

/* What the decoder refuses becomes an instruction that raises the fault when it runs. */
static void make_refusal(DecodedInsn *d, X86DecodeResult res)
{
    memset(d, 0, sizeof(*d));
    d->interp = res == X86_DECODE_TOO_LONG ? insn_too_long : interp_ud;
    d->op = X86_OP_UD;
    d->len = 1;
    d->flags = X86_IF_BRANCH | X86_IF_END_BLOCK;
}

/* Up to @len bytes at @lin, not beyond the page; raises #PF. */
static unsigned fetch_bytes(CPUX86State *env, uint64_t lin, uint8_t *buf, unsigned len)
{
    unsigned offset = lin & ~TARGET_PAGE_MASK;
    X86CodePage page;

    len = MIN(len, TARGET_PAGE_SIZE - offset);
    x86_tlb_code_page(env, lin, false, &page);
    if (page.host) {
        memcpy(buf, page.host + offset, len);
    } else {
        x86_read_code_mmio(env, page.paddr + offset, buf, len);
    }
    return len;
}

/* Bytes of the instruction that CS lets us have; raises #GP if not even one. */
static unsigned fetch_limit(CPUX86State *env)
{
    uint64_t left;

    if (env->hflags & HF_CS64) {
        return X86_MAX_INSN_LEN;
    }
    if (env->eip > env->segs[R_CS].limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    left = (uint64_t)env->segs[R_CS].limit - env->eip + 1;
    return MIN(left, (uint64_t)X86_MAX_INSN_LEN);
}

void x86_fetch_insn(CPUX86State *env, DecodedInsn *d)
{
    X86DecodeMode mode = decode_mode(env);
    uint8_t bytes[X86_MAX_INSN_LEN];
    unsigned limit = fetch_limit(env);
    uint64_t pc = x86_pc(env);
    X86DecodeResult res;
    unsigned n;

    n = fetch_bytes(env, pc, bytes, limit);
    res = x86_decode(&mode, bytes, n, env->eip, d);
    if (res == X86_DECODE_MORE && n < limit) {
        uint64_t next = env->hflags & HF_CS64 ? pc + n : (uint32_t)(pc + n);
        n += fetch_bytes(env, next, bytes + n, limit - n);
        res = x86_decode(&mode, bytes, n, env->eip, d);
    }
    if (res == X86_DECODE_MORE) {
        /* All that CS holds, and still incomplete. */
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if (res != X86_DECODE_OK) {
        make_refusal(d, res);
    }
}

/* ---- blocks ---- */

static unsigned hash_pc(uint64_t pc)
{
    return (pc ^ (pc >> CACHE_BITS)) & (CACHE_BLOCKS - 1);
}

/* Decodes @bytes until a branch or their end. */
static void decode_block(CPUX86State *env, X86InsnCache *cache, X86InsnBlock *b,
                         const uint8_t *bytes, unsigned avail)
{
    X86DecodeMode mode = decode_mode(env);
    uint64_t eip = env->eip;

    b->insn = &cache->insn[cache->used];
    b->count = 0;
    b->bytes = 0;
    b->ends = false;
    while (b->count < X86_BLOCK_MAX && avail) {
        DecodedInsn *d = &b->insn[b->count];
        unsigned n = MIN(avail, X86_MAX_INSN_LEN);
        X86DecodeResult res = x86_decode(&mode, bytes + b->bytes, n, eip, d);

        if (res == X86_DECODE_MORE || (res != X86_DECODE_OK && b->count)) {
            break;
        }
        if (res != X86_DECODE_OK) {
            make_refusal(d, res);
        }
        b->count++;
        b->bytes += d->len;
        avail -= MIN(avail, d->len);
        eip += d->len;
        /* After I/O the loop looks for what a device may have raised (SMI, reset). */
        if (d->flags & (X86_IF_BRANCH | X86_IF_END_BLOCK | X86_IF_IO)) {
            b->ends = d->flags & X86_IF_END_BLOCK;
            break;
        }
    }
}

/* Makes the block from a copy, then has the bytes watched, then makes sure that the copy holds. */
static bool read_block(CPUX86State *env, X86InsnCache *cache, X86InsnBlock *b, unsigned offset,
                       unsigned avail)
{
    uint8_t bytes[256];

    avail = MIN(avail, sizeof(bytes));
    do {
        b->gen = x86_code_gen(b->track);
        memcpy(bytes, b->host, avail);
        decode_block(env, cache, b, bytes, avail);
        if (!b->count) {
            return false;
        }
        x86_code_cover(b->track, offset, b->bytes);
    } while (memcmp(bytes, b->host, b->bytes) != 0);
    cache->used += b->count;
    return true;
}

static const X86InsnBlock *make_block(CPUX86State *env, X86InsnCache *cache, X86InsnBlock *b,
                                      uint64_t pc)
{
    unsigned offset = pc & ~TARGET_PAGE_MASK;
    unsigned avail = TARGET_PAGE_SIZE - offset;
    X86CodePage page;

    x86_tlb_code_page(env, pc, false, &page);
    if (!page.host) {
        return NULL;
    }
    if (!(env->hflags & HF_CS64)) {
        uint64_t limit = env->segs[R_CS].limit;
        if (env->eip > limit) {
            return NULL;
        }
        avail = MIN((uint64_t)avail, limit - env->eip + 1);
    }
    if (cache->used + X86_BLOCK_MAX > CACHE_INSNS) {
        x86_insn_cache_clear(cache);
    }
    b->track = x86_code_track(page.ram_addr);
    if (!b->track) {
        return NULL;
    }
    b->host = page.host + offset;
    if (!read_block(env, cache, b, offset, avail)) {
        b->host = NULL;
        return NULL;
    }
    b->pc = pc;
    b->mode = env->hflags & DECODE_HFLAGS;
    if (qemu_loglevel_mask(CPU_LOG_TB_IN_ASM | CPU_LOG_TB_OP)) {
        x86_log_block(pc, b->insn, b->count, env->hflags);
    }
    return b;
}

const X86InsnBlock *x86_insn_block(CPUX86State *env)
{
    X86InsnCache *cache = env_cpu(env)->accel->cache;
    uint64_t pc = x86_pc(env);
    X86InsnBlock *b = &cache->block[hash_pc(pc)];
    int idx = x86_cpl(env) == 3 ? X86_MMU_USER : x86_mmu_index_implicit(env);
    X86TLBEntry *e = x86_tlb_entry(env, idx, pc);

    if (likely(b->pc == pc && b->host && b->mode == (env->hflags & DECODE_HFLAGS) &&
               e->addr_code == (pc & TARGET_PAGE_MASK) &&
               (uintptr_t)b->host == (uintptr_t)(pc + e->addend) &&
               x86_code_gen(b->track) == b->gen)) {
        if (likely((env->hflags & HF_CS64) || env->eip + b->bytes - 1 <= env->segs[R_CS].limit)) {
            return b;
        }
        return NULL;
    }
    return make_block(env, cache, b, pc);
}
