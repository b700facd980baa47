/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slow paths of memory operands: segment checks, TLB misses, MMIO, operands
 * across pages, vector-sized and locked accesses. See access.h.
 *
 * SDM volume 3, 5.3 (limits), 5.4 (types), 8.1 (locked operations).
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "exec/address-space.h"
#include "target/i386/tcg/access.h"
#include "target/i386/tcg/debug.h"
#include "target/i386/tcg/mmu.h"

/* ---- segmentation ---- */

static G_NORETURN void raise_segment(CPUX86State *env, int seg)
{
    raise_exception_err(env, seg == R_SS ? EXCP0C_STACK : EXCP0D_GPF, 0);
}

static bool seg_type_ok(const SegmentCache *sc, unsigned access)
{
    if (!(sc->flags & DESC_P_MASK) || !(sc->flags & DESC_S_MASK)) {
        return false;
    }
    if (sc->flags & DESC_CS_MASK) {
        return !(access & OPND_W) && (sc->flags & DESC_R_MASK);
    }
    return !(access & OPND_W) || (sc->flags & DESC_W_MASK);
}

static bool seg_limit_ok(const SegmentCache *sc, uint32_t ea, unsigned len)
{
    uint64_t last = (uint64_t)ea + (len ? len - 1 : 0);

    if (!(sc->flags & DESC_CS_MASK) && (sc->flags & DESC_E_MASK)) {
        return ea > sc->limit && last <= (sc->flags & DESC_B_MASK ? UINT32_MAX : UINT16_MAX);
    }
    return last <= sc->limit;
}

void x86_seg_check(CPUX86State *env, int seg, uint64_t ea, unsigned len, unsigned access)
{
    const SegmentCache *sc = &env->segs[seg];

    /* Real and virtual-8086 segments have no type to violate. */
    if ((env->hflags & (HF_PE | HF_VM)) == HF_PE && !seg_type_ok(sc, access)) {
        raise_segment(env, seg);
    }
    if (!seg_limit_ok(sc, ea, len)) {
        raise_segment(env, seg);
    }
}

void x86_align_check(CPUX86State *env, uint64_t lin, unsigned size)
{
    if (lin & (size - 1)) {
        raise_exception_err(env, EXCP11_ALGN, 0);
    }
}

static void check_canonical(CPUX86State *env, uint64_t lin, unsigned len, int seg)
{
    if ((env->hflags & HF_LMA) && seg >= 0 &&
        (!x86_is_canonical(env, lin) || !x86_is_canonical(env, lin + len - 1))) {
        raise_segment(env, seg);
    }
}

/* Linear addresses outside 64-bit mode wrap at 4 GiB. */
static uint64_t lin_add(CPUX86State *env, uint64_t lin, unsigned n)
{
    return env->hflags & HF_LMA ? lin + n : (uint32_t)(lin + n);
}

static unsigned left_in_page(uint64_t lin)
{
    return TARGET_PAGE_SIZE - (lin & ~TARGET_PAGE_MASK);
}

/* ---- one access within a page ---- */

static uint64_t mmio_load(CPUX86State *env, hwaddr paddr, unsigned size)
{
    AddressSpace *as = x86_address_space(env);
    MemTxAttrs attrs = x86_mem_attrs(env);

    switch (size) {
    case 1:
        return address_space_ldub(as, paddr, attrs, NULL);
    case 2:
        return address_space_lduw(as, paddr, attrs, NULL);
    case 4:
        return address_space_ldl(as, paddr, attrs, NULL);
    default:
        return address_space_ldq(as, paddr, attrs, NULL);
    }
}

static void mmio_store(CPUX86State *env, hwaddr paddr, uint64_t val, unsigned size)
{
    AddressSpace *as = x86_address_space(env);
    MemTxAttrs attrs = x86_mem_attrs(env);

    switch (size) {
    case 1:
        address_space_stb(as, paddr, val, attrs, NULL);
        break;
    case 2:
        address_space_stw(as, paddr, val, attrs, NULL);
        break;
    case 4:
        address_space_stl(as, paddr, val, attrs, NULL);
        break;
    default:
        address_space_stq(as, paddr, val, attrs, NULL);
        break;
    }
}

/* Bytes of one page, translated: where they are and how to reach them. */
typedef struct Span {
    uint64_t lin;
    unsigned len;
    int idx;
    uint32_t flags; /* X86_TLB_* */
    hwaddr paddr;
    uint8_t *host;
} Span;

/* Raises faults; @s->lin, len and idx are set. */
static void span_open(CPUX86State *env, Span *s, MMUAccessType access)
{
    X86TLBEntry *e = x86_tlb_fill(env, s->lin, s->idx, access, false);
    uint64_t tag = access == MMU_DATA_STORE ? e->addr_write : e->addr_read;

    s->flags = tag & X86_TLB_FLAGS;
    s->paddr = x86_tlb_info(env, s->idx, e)->paddr + (s->lin & ~TARGET_PAGE_MASK);
    s->host = s->flags & X86_TLB_MMIO ? NULL : (uint8_t *)(uintptr_t)(s->lin + e->addend);
    if (unlikely(s->flags & X86_TLB_WATCH)) {
        x86_debug_data_access(env, s->lin, s->len, access == MMU_DATA_STORE);
    }
}

/* Largest naturally aligned piece at @addr that is not longer than @len. */
static unsigned piece_size(uint64_t addr, unsigned len)
{
    unsigned size = 8;

    while (size > len || (addr & (size - 1))) {
        size >>= 1;
    }
    return size;
}

static void span_read(CPUX86State *env, const Span *s, void *buf)
{
    uint8_t *p = buf;

    if (likely(s->host)) {
        memcpy(buf, s->host, s->len);
        return;
    }
    for (unsigned i = 0, n; i < s->len; i += n) {
        n = piece_size(s->paddr + i, s->len - i);
        stn_le_p(p + i, n, mmio_load(env, s->paddr + i, n));
    }
}

static void span_write(CPUX86State *env, const Span *s, const void *buf)
{
    const uint8_t *p = buf;

    if (likely(s->host)) {
        memcpy(s->host, buf, s->len);
        if (s->flags & X86_TLB_NOTDIRTY) {
            x86_tlb_notdirty_write(env, s->lin, s->idx, s->len);
        }
        return;
    }
    for (unsigned i = 0, n; i < s->len; i += n) {
        n = piece_size(s->paddr + i, s->len - i);
        mmio_store(env, s->paddr + i, ldn_le_p(p + i, n), n);
    }
}

/* Cuts an operand of up to a page at the page boundary and opens both parts. */
static unsigned spans_open(CPUX86State *env, Span s[2], uint64_t lin, unsigned len, int idx,
                           MMUAccessType access)
{
    unsigned first = MIN(len, left_in_page(lin));

    s[0] = (Span){.lin = lin, .len = first, .idx = idx};
    span_open(env, &s[0], access);
    if (likely(first == len)) {
        return 1;
    }
    s[1] = (Span){.lin = lin_add(env, lin, first), .len = len - first, .idx = idx};
    span_open(env, &s[1], access);
    /* Filling the second part may have replaced the entry of the first in the tables: reopen. */
    span_open(env, &s[0], access);
    return 2;
}

/* ---- TLB misses ---- */

uint64_t x86_tlb_load(CPUX86State *env, uint64_t lin, unsigned size, int mmu_idx, int seg)
{
    uint8_t buf[8];
    Span s[2];
    unsigned n;

    check_canonical(env, lin, size, seg);
    n = spans_open(env, s, lin, size, mmu_idx, MMU_DATA_LOAD);
    if (n == 1) {
        return s[0].host ? ldn_le_p(s[0].host, size) : mmio_load(env, s[0].paddr, size);
    }
    span_read(env, &s[0], buf);
    span_read(env, &s[1], buf + s[0].len);
    return ldn_le_p(buf, size);
}

void x86_tlb_store(CPUX86State *env, uint64_t lin, uint64_t val, unsigned size, int mmu_idx,
                   int seg)
{
    uint8_t buf[8];
    Span s[2];
    unsigned n;

    check_canonical(env, lin, size, seg);
    n = spans_open(env, s, lin, size, mmu_idx, MMU_DATA_STORE);
    if (n == 1 && !s[0].host) {
        mmio_store(env, s[0].paddr, val, size);
        return;
    }
    if (n == 1) {
        stn_le_p(s[0].host, size, val);
        if (s[0].flags & X86_TLB_NOTDIRTY) {
            x86_tlb_notdirty_write(env, lin, mmu_idx, size);
        }
        return;
    }
    stn_le_p(buf, size, val);
    span_write(env, &s[0], buf);
    span_write(env, &s[1], buf + s[0].len);
}

/* ---- larger operands ---- */

void *x86_mem_probe(CPUX86State *env, int seg, uint64_t ea, unsigned len, unsigned access)
{
    uint64_t lin = x86_lin(env, seg, ea, len, access);
    int idx = x86_mmu_index(env);
    X86TLBEntry *e = x86_tlb_entry(env, idx, lin);
    bool read_ok, write_ok;

    if (len > left_in_page(lin)) {
        return NULL;
    }
    read_ok = !(access & OPND_R) || x86_tlb_hit(e->addr_read, lin, len);
    write_ok = !(access & OPND_W) || x86_tlb_hit(e->addr_write, lin, len);
    if (unlikely(!read_ok || !write_ok)) {
        check_canonical(env, lin, len, seg);
        /* A read-modify-write faults as a store does. */
        if (access & OPND_W) {
            e = x86_tlb_fill(env, lin, idx, MMU_DATA_STORE, false);
        }
        if (access & OPND_R) {
            e = x86_tlb_fill(env, lin, idx, MMU_DATA_LOAD, false);
        }
        if (((access & OPND_R) && (e->addr_read & X86_TLB_FLAGS)) ||
            ((access & OPND_W) && (e->addr_write & X86_TLB_FLAGS))) {
            return NULL;
        }
    }
    return (void *)(uintptr_t)(lin + e->addend);
}

static void probe_lin(CPUX86State *env, uint64_t lin, unsigned len, int idx, MMUAccessType access)
{
    unsigned n;

    for (; len; len -= n, lin = lin_add(env, lin, n)) {
        n = MIN(len, left_in_page(lin));
        x86_tlb_fill(env, lin, idx, access, false);
    }
}

void x86_probe_write(CPUX86State *env, int seg, uint64_t ea, unsigned len)
{
    uint64_t lin = x86_lin(env, seg, ea, len, OPND_W);

    check_canonical(env, lin, len, seg);
    probe_lin(env, lin, len, x86_mmu_index(env), MMU_DATA_STORE);
}

void x86_probe_read(CPUX86State *env, int seg, uint64_t ea, unsigned len)
{
    uint64_t lin = x86_lin(env, seg, ea, len, OPND_R);

    check_canonical(env, lin, len, seg);
    probe_lin(env, lin, len, x86_mmu_index(env), MMU_DATA_LOAD);
}

void x86_lin_probe_write(CPUX86State *env, uint64_t lin, unsigned len, int mmu_idx)
{
    check_canonical(env, lin, len, R_DS);
    probe_lin(env, lin, len, mmu_idx, MMU_DATA_STORE);
}

static void lin_read(CPUX86State *env, uint64_t lin, void *buf, unsigned len, int idx)
{
    Span s[2];
    unsigned n = spans_open(env, s, lin, len, idx, MMU_DATA_LOAD);

    span_read(env, &s[0], buf);
    if (n == 2) {
        span_read(env, &s[1], (uint8_t *)buf + s[0].len);
    }
}

static void lin_write(CPUX86State *env, uint64_t lin, const void *buf, unsigned len, int idx)
{
    Span s[2];
    unsigned n = spans_open(env, s, lin, len, idx, MMU_DATA_STORE);

    span_write(env, &s[0], buf);
    if (n == 2) {
        span_write(env, &s[1], (const uint8_t *)buf + s[0].len);
    }
}

void x86_read_bytes(CPUX86State *env, int seg, uint64_t ea, void *buf, unsigned len)
{
    uint64_t lin = x86_lin(env, seg, ea, len, OPND_R);

    check_canonical(env, lin, len, seg);
    lin_read(env, lin, buf, len, x86_mmu_index(env));
}

void x86_write_bytes(CPUX86State *env, int seg, uint64_t ea, const void *buf, unsigned len)
{
    uint64_t lin = x86_lin(env, seg, ea, len, OPND_W);

    check_canonical(env, lin, len, seg);
    lin_write(env, lin, buf, len, x86_mmu_index(env));
}

void x86_lin_read_bytes(CPUX86State *env, uint64_t lin, void *buf, unsigned len, int mmu_idx)
{
    check_canonical(env, lin, len, R_DS);
    lin_read(env, lin, buf, len, mmu_idx);
}

void x86_lin_write_bytes(CPUX86State *env, uint64_t lin, const void *buf, unsigned len, int mmu_idx)
{
    check_canonical(env, lin, len, R_DS);
    lin_write(env, lin, buf, len, mmu_idx);
}

/* ---- masked operands ---- */

/* Runs of consecutive selected bytes, each in one page. At most 64 bytes: 33 runs. */
typedef struct MaskedRuns {
    unsigned count;
    Span span[33];
    uint8_t offset[33];
} MaskedRuns;

static void masked_open(CPUX86State *env, MaskedRuns *r, int seg, uint64_t ea, unsigned len,
                        uint64_t mask, bool write)
{
    unsigned access = write ? OPND_W : OPND_R;
    unsigned first, last, i, n;
    uint64_t lin;

    r->count = 0;
    if (len < 64) {
        mask &= (1ull << len) - 1;
    }
    if (!mask) {
        return;
    }
    first = ctz64(mask);
    last = 63 - clz64(mask);
    lin = x86_lin(env, seg, ea + first, last - first + 1, access) - first;
    check_canonical(env, lin + first, last - first + 1, seg);
    for (i = first; i <= last; i += n) {
        uint64_t at = lin_add(env, lin, i);

        n = 1;
        if (!(mask >> i & 1)) {
            continue;
        }
        while (i + n <= last && (mask >> (i + n) & 1) && n < left_in_page(at)) {
            n++;
        }
        r->offset[r->count] = i;
        r->span[r->count++] = (Span){.lin = at, .len = n, .idx = x86_mmu_index(env)};
    }
    /* All faults first; at most two pages are involved, and the second pass finds both. */
    for (unsigned pass = 0; pass < 2; pass++) {
        for (i = 0; i < r->count; i++) {
            span_open(env, &r->span[i], write ? MMU_DATA_STORE : MMU_DATA_LOAD);
        }
    }
}

void x86_read_bytes_masked(CPUX86State *env, int seg, uint64_t ea, void *buf, unsigned len,
                           uint64_t mask)
{
    MaskedRuns r;

    masked_open(env, &r, seg, ea, len, mask, false);
    memset(buf, 0, len);
    for (unsigned i = 0; i < r.count; i++) {
        span_read(env, &r.span[i], (uint8_t *)buf + r.offset[i]);
    }
}

void x86_probe_write_masked(CPUX86State *env, int seg, uint64_t ea, unsigned len, uint64_t mask)
{
    MaskedRuns r;

    masked_open(env, &r, seg, ea, len, mask, true);
}

void x86_write_bytes_masked(CPUX86State *env, int seg, uint64_t ea, const void *buf, unsigned len,
                            uint64_t mask)
{
    MaskedRuns r;

    masked_open(env, &r, seg, ea, len, mask, true);
    for (unsigned i = 0; i < r.count; i++) {
        span_write(env, &r.span[i], (const uint8_t *)buf + r.offset[i]);
    }
}
