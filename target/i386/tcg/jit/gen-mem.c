/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory from translated code: address, TLB look-up, access.
 *
 * The look-up leaves flags alone, which costs nothing (PEXT and LEA instead of
 * SHR, AND and CMP) and frees the translator from saving them. Each access has
 * an entry of the micro TLB, at a fixed place in env:
 *
 *     T0 = PEXT(address, page number and alignment) + ntag + 1;  JRCXZ hit
 *     T2 = addend;  access [T2 + address]
 *
 * On a miss the glue (thunk.c) looks into the table by address and renews the
 * entry; if that has no translation either, the runtime does the rest. The
 * kernel touches many pages a few times: of its accesses only those to its stack
 * and to what each processor has of its own share some entries. What is left,
 * and an access that is not aligned or goes to another page most of the time,
 * looks into the table straight away:
 *
 *     T1 = address;  T2 = PEXT(T1, index)
 *     T0 = PEXT(T1 + size - 1, page number) + ntag[T2];  JRCXZ hit
 *     T2 = addend[T2];  access [T2 + address]
 *
 * User code that has the window (gen-window.c) looks nothing up.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/jit/gen.h"

int gen_read_reg(JitGen *g, unsigned guest, int scratch)
{
    if (gen_pinned(guest)) {
        return jit_host_reg[guest];
    }
    emit_load(&g->e, true, scratch, gen_reg_mem(guest));
    return scratch;
}

int gen_dest_reg(unsigned guest, int scratch)
{
    return gen_pinned(guest) ? jit_host_reg[guest] : scratch;
}

void gen_write_reg(JitGen *g, unsigned guest, int host)
{
    if (!gen_pinned(guest)) {
        gen_forget_guest(g, guest);
        emit_store(&g->e, true, host, gen_reg_mem(guest));
    } else if (jit_host_reg[guest] != host) {
        emit_mov_rr(&g->e, true, jit_host_reg[guest], host);
    }
}

void gen_eip(JitGen *g, unsigned to, int32_t off)
{
    emit_load(&g->e, true, to, ENV_MEM(jit_hot.pcbase));
    if (g->eip_mask == UINT16_MAX) {
        emit_add_disp(&g->e, false, to, to, off);
        emit_movzx(&g->e, 2, to, to);
    } else {
        emit_add_disp(&g->e, g->mode64, to, to, off);
    }
}

static bool needs_base(const JitGen *g, unsigned seg)
{
    return seg >= R_FS || (!g->mode64 && (g->hflags & HF_ADDSEG));
}

bool gen_mem_ok(const JitGen *g, const X86MemRef *m)
{
    if (g->hflags & HF_ALIGNCHECK) {
        return false;
    }
    /* Limits and types of CS, FS and GS are not part of HF_SEGLIMIT. */
    return g->mode64 || (!(g->hflags & HF_SEGLIMIT) && m->seg < R_FS && m->seg != R_CS);
}

static bool simple(const JitGen *g, const X86MemRef *m, unsigned addrsize)
{
    return g->mode64 && addrsize == 8 && m->base < CPU_NB_REGS && gen_pinned(m->base) &&
           m->index == X86_MEM_NO_REG && !needs_base(g, m->seg) && m->disp == (int32_t)m->disp &&
           m->disp <= INT32_MAX - 128;
}

void gen_ea(JitGen *g, const X86MemRef *m, unsigned addrsize, unsigned to)
{
    Emit *e = &g->e;
    int base = X86_HOST_NONE, index = X86_HOST_NONE;
    int64_t disp = m->disp;
    bool wide = addrsize == 8;

    if (m->base == X86_MEM_RIP) {
        emit_load(e, true, to, ENV_MEM(jit_hot.pcbase));
        base = to;
        disp -= g->pcbase;
    } else if (m->base < CPU_NB_REGS) {
        base = gen_read_reg(g, m->base, to);
    }
    if (m->index < CPU_NB_REGS && !m->vsib) {
        index = gen_read_reg(g, m->index, base != (int)to ? (int)to : to == H_T2 ? H_T1 : H_T2);
    }
    if (disp != (int32_t)disp) {
        /* Only an absolute 64-bit address (no base, no index), or a RIP base far away. */
        if (base == X86_HOST_NONE && index == X86_HOST_NONE) {
            emit_load_imm(e, to, disp);
        } else {
            emit_load_imm(e, H_T0, disp);
            emit_lea(e, true, to, host_mem_index(base == X86_HOST_NONE ? index : base, H_T0, 0, 0));
        }
    } else if (index != X86_HOST_NONE) {
        if (base != X86_HOST_NONE) {
            emit_lea(e, wide, to, host_mem_index(base, index, m->scale, disp));
        } else if (m->scale == 0) {
            emit_add_disp(e, wide, to, index, disp);
        } else {
            /* [index << scale + disp32]: mod 0, base 5 */
            emit8(e, 0x40 | (wide ? 8 : 0) | (to & 8 ? 4 : 0) | (index & 8 ? 2 : 0));
            emit8(e, 0x8d);
            emit8(e, (to & 7) << 3 | 4);
            emit8(e, m->scale << 6 | (index & 7) << 3 | 5);
            emit32(e, disp);
        }
    } else if (base != X86_HOST_NONE) {
        emit_add_disp(e, wide, to, base, disp);
    } else {
        emit_load_imm(e, to, wide ? (uint64_t)disp : (uint32_t)disp);
    }
    if (addrsize == 2) {
        emit_movzx(e, 2, to, to);
    }
}

void gen_need_canonical(JitGen *g, int reg)
{
    Emit *e = &g->e;
    uint8_t *good;

    /* T0 is 0 if it is. */
    emit_pext(e, H_T0, reg, ENV_MEM(jit_hot.not_user));
    emit_lea(e, true, H_T0, host_mem(H_T0, 1));
    emit_pext(e, H_T0, H_T0, ENV_MEM(jit_hot.not_user_plus_1));
    good = emit_jrcxz(e);
    gen_interp_instead(g);
    emit_here8(e, good);
}

X86HostMem gen_seg_base(unsigned seg)
{
    return host_mem(H_ENV, offsetof(CPUX86State, segs) + seg * sizeof(SegmentCache) +
                               offsetof(SegmentCache, base));
}

/* Linear address to T1. May use T0 and T2. */
static void gen_linear(JitGen *g, const X86MemRef *m, unsigned addrsize)
{
    Emit *e = &g->e;

    gen_ea(g, m, addrsize, H_T1);
    if (needs_base(g, m->seg)) {
        emit_load(e, true, H_T0, gen_seg_base(m->seg));
        emit_lea(e, g->mode64, H_T1, host_mem_index(H_T1, H_T0, 0, 0));
    }
}

/* Linear address of what an access touches, to T1. May use T0 and T2. */
static void gen_touched(JitGen *g, const JitMiss *miss)
{
    Emit *e = &g->e;
    int bit;

    gen_linear(g, &miss->mem, miss->addrsize);
    if (miss->bit == GEN_NO_BIT) {
        return;
    }
    bit = gen_read_reg(g, miss->bit, H_T2);
    if (miss->size == 4) {
        emit_op_reg(e, true, 0, 0x63, H_T2, bit); /* movsxd */
        bit = H_T2;
    }
    emit_load_imm(e, H_T0, miss->size == 8 ? 6 : 5);
    emit_sarx(e, H_T2, bit, H_T0);
    emit_lea(e, true, H_T1, host_mem_index(H_T1, H_T2, miss->size == 8 ? 3 : 2, 0));
}

/*
 * The host operand, with the addend in T2: by adding up the parts of the
 * address again, which is shorter than keeping it.
 */
static X86HostMem add_parts(JitGen *g, const X86MemRef *m)
{
    Emit *e = &g->e;
    X86HostMem r = host_mem(H_T2, m->disp);

    if (needs_base(g, m->seg)) {
        emit_load(e, true, H_T1, gen_seg_base(m->seg));
        emit_lea(e, true, H_T2, host_mem_index(H_T2, H_T1, 0, 0));
    }
    if (m->base == X86_MEM_RIP) {
        emit_load(e, true, H_T1, ENV_MEM(jit_hot.pcbase));
        emit_lea(e, true, H_T2, host_mem_index(H_T2, H_T1, 0, 0));
        r.disp = m->disp - g->pcbase;
    } else if (m->base < CPU_NB_REGS) {
        int base = gen_read_reg(g, m->base, H_T1);
        if (m->index == X86_MEM_NO_REG) {
            r.index = base;
            return r;
        }
        emit_lea(e, true, H_T2, host_mem_index(H_T2, base, 0, 0));
    }
    if (m->index != X86_MEM_NO_REG) {
        r.index = gen_read_reg(g, m->index, H_T1);
        r.scale = m->scale;
    }
    return r;
}

/* No cut to 16 or 32 bits, and a displacement that fits: the parts can be added in any order. */
static bool can_add_parts(const JitGen *g, const X86MemRef *m, unsigned addrsize)
{
    int64_t disp = m->base == X86_MEM_RIP ? m->disp - (int64_t)g->pcbase : m->disp;

    return g->mode64 && addrsize == 8 && disp == (int32_t)disp && disp <= INT32_MAX - 128;
}

static X86HostMem host_operand(JitGen *g, const X86MemRef *m, unsigned addrsize, bool saved)
{
    if (saved) {
        emit_load(&g->e, true, H_T1, ENV_MEM(jit_hot.address));
    } else if (can_add_parts(g, m, addrsize)) {
        return add_parts(g, m);
    } else {
        gen_linear(g, m, addrsize);
    }
    return host_mem_index(H_T2, H_T1, 0, 0);
}

/* The kernel has two indices, with a set of entries each; twice as many as could do. */
#define KERNEL_PLACES  4
#define KERNEL_ENTRIES (2 * 2 * KERNEL_PLACES)

/*
 * Entries of each class of sizes, in X86TLBMicro: those of one class are not
 * comparable with another's. The kernel's, in some classes, are behind those of user code.
 */
static const struct {
    uint16_t first, user, kernel;
} micro_class[X86_TLB_MICRO_CLASSES] = {
    {0, 32, 0},   {32, 8, 0},   {40, 56, KERNEL_ENTRIES}, {112, 120, KERNEL_ENTRIES}, {248, 32, 0},
    {280, 16, 0}, {296, 16, 0},
};

/*
 * AMD's processors since Zen 2 take a load relative to RSP for one of what an earlier store
 * relative to RSP wrote if the displacements are equal modulo 1024, and lose some fifty cycles
 * where they are not the same: a function that began with the store of pcbase and a load of the
 * base of GS lost them at each call. So what is loaded here is to be none of these fields'
 * neighbours.
 */
#define ALIAS_MASK 0x3f8

static bool gen_aliases(size_t offset)
{
    static const uint16_t stored[] = {
        offsetof(CPUX86State, regs[R_R10]),     offsetof(CPUX86State, regs[R_R11]),
        offsetof(CPUX86State, regs[R_R14]),     offsetof(CPUX86State, regs[R_R15]),
        offsetof(CPUX86State, eflags),          offsetof(CPUX86State, hflags),
        offsetof(CPUX86State, segs[R_GS].base), offsetof(CPUX86State, kernelgsbase),
        offsetof(CPUX86State, jit_hot.temp),    offsetof(CPUX86State, jit_hot.target),
        offsetof(CPUX86State, jit_hot.address), offsetof(CPUX86State, jit_hot.pcbase),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(stored); i++) {
        if (!((offset ^ stored[i]) & ALIAS_MASK)) {
            return true;
        }
    }
    return false;
}

/* What translated code loads all the time must not lie where gen_aliases() says yes. */
#define APART(a, b)                                                                                \
    QEMU_BUILD_BUG_ON(                                                                             \
        ((offsetof(CPUX86State, jit_hot.a) ^ offsetof(CPUX86State, b)) & ALIAS_MASK) == 0)
APART(pcbase, segs[R_GS].base);
APART(pcbase, segs[R_FS].base);
APART(pcbase, tlb_slot);
APART(pcbase, regs[R_R10]);
APART(pcbase, regs[R_R11]);
APART(pcbase, regs[R_R14]);
APART(pcbase, regs[R_R15]);
APART(jumps, segs[R_GS].base);
APART(page_mask, segs[R_GS].base);
APART(index_mask, segs[R_GS].base);
APART(aligned_mask[3], segs[R_GS].base);

static bool micro_aliases(unsigned entry)
{
    return gen_aliases(offsetof(CPUX86State, tlb_micro.ntag[entry])) ||
           gen_aliases(offsetof(CPUX86State, tlb_micro.addend[entry]));
}

/* The @n-th entry that is as good as others of @count from @first on, where there are so many. */
static unsigned good_micro(unsigned first, unsigned count, unsigned n)
{
    unsigned entry = first + n % count;

    for (unsigned i = first; i < first + count; i++) {
        if (!micro_aliases(i) && n-- == 0) {
            return i;
        }
    }
    return entry;
}

/*
 * Which of the kernel's entries an access gets: the first is for the stack, the others are for what
 * each processor has of its own, by page. -1: it is one of those that go anywhere.
 */
static int kernel_place(const X86MemRef *m)
{
    if (m->base == R_ESP && m->seg == R_SS) {
        return 0;
    }
    if (m->seg == R_GS && m->base == X86_MEM_NO_REG && m->index == X86_MEM_NO_REG) {
        return 1 + (uint64_t)m->disp / TARGET_PAGE_SIZE % (KERNEL_PLACES - 1);
    }
    return -1;
}

/* The entry of the micro TLB that an access gets; -1: none. */
static int choose_micro(const JitGen *g, const JitMiss *miss)
{
    unsigned first =
        micro_class[miss->class].first + (miss->access & OPND_W ? X86_TLB_MICRO_SIZE : 0);
    unsigned user = micro_class[miss->class].user;
    int place;

    if (jit_is_scattered(g->phys + g->off)) {
        return -1;
    }
    if (g->crowded && !(miss->mem.base == R_ESP && miss->mem.seg == R_SS)) {
        return -1;
    }
    if (g->mmu == X86_MMU_USER) {
        do {
            place = first + jit.next_micro[miss->class]++ % user;
        } while (micro_aliases(place) && jit.next_micro[miss->class] % user);
        return place;
    }
    place = micro_class[miss->class].kernel ? kernel_place(&miss->mem) : -1;
    if (place < 0) {
        return -1;
    }
    return good_micro(first + user, KERNEL_ENTRIES,
                      (g->mmu == X86_MMU_KSMAP ? KERNEL_PLACES : 0) + place);
}

/*
 * What the micro TLB compares to T0: the page number, followed by the bits of
 * the address that an aligned access has clear, so that it cannot cross a page.
 * Uses T1 (where @linear says the address is) and T2.
 */
static void page_and_alignment(JitGen *g, const X86MemRef *m, const JitMiss *miss, bool linear)
{
    Emit *e = &g->e;
    int addr = H_T1;

    if (!linear && miss->bit == GEN_NO_BIT && simple(g, m, miss->addrsize) && !m->disp) {
        addr = jit_host_reg[m->base];
    } else if (!linear) {
        gen_touched(g, miss);
    }
    emit_pext(e, H_T0, addr, ENV_MEM(jit_hot.aligned_mask[miss->class]));
}

static X86HostMem fast_entry(const JitGen *g, size_t field)
{
    return host_mem_index(H_T1, H_T2, 3,
                          offsetof(X86TLBSlot, fast) + g->mmu * sizeof(X86TLBFast) + field);
}

/* With the linear address in T1. */
static void look_into_table(JitGen *g, JitMiss *miss)
{
    Emit *e = &g->e;
    size_t tag =
        miss->access & OPND_W ? offsetof(X86TLBFast, write_ntag) : offsetof(X86TLBFast, read_ntag);
    int last = H_T1;

    miss->table = true;
    emit_pext(e, H_T2, H_T1, ENV_MEM(jit_hot.index_mask));
    if (miss->size > 1) {
        emit_lea(e, true, H_T0, host_mem(H_T1, miss->size - 1));
        last = H_T0;
    }
    emit_pext(e, H_T0, last, ENV_MEM(jit_hot.page_mask));
    emit_load(e, true, H_T1, ENV_MEM(tlb_slot));
    emit_load(e, true, H_T1, fast_entry(g, tag));
    emit_lea(e, true, H_T0, host_mem_index(H_T0, H_T1, 0, 0));
    uint8_t *hit = emit_jrcxz(e);
    emit8(e, 0xe9);
    miss->rel = e->p;
    emit32(e, 0);
    emit_here8(e, hit);
    emit_load(e, true, H_T1, ENV_MEM(tlb_slot));
    emit_load(e, true, H_T2, fast_entry(g, offsetof(X86TLBFast, addend)));
}

static X86HostMem look_up(JitGen *g, const X86MemRef *m, unsigned addrsize, unsigned size,
                          unsigned access, int bit)
{
    Emit *e = &g->e;
    /* Computing the address again would need the register that holds the addend. */
    bool save = !can_add_parts(g, m, addrsize) && m->index < CPU_NB_REGS && !gen_pinned(m->index);
    JitMiss *miss = &g->miss[g->nmiss++];

    gen_forget(g);
    *miss = (JitMiss){
        .insn = g->index,
        .access = access,
        .size = size,
        .mmu = g->mmu,
        .mem = *m,
        .addrsize = addrsize,
        .bit = bit,
        .class = size == 1 ? 0 : 32 - __builtin_clz(size - 1),
    };
    miss->micro = choose_micro(g, miss);
    if (save) {
        gen_linear(g, m, addrsize);
        emit_store(e, true, H_T1, ENV_MEM(jit_hot.address));
    }
    if (miss->micro < 0) {
        if (!save) {
            gen_touched(g, miss);
        }
        look_into_table(g, miss);
        return host_operand(g, m, addrsize, save);
    }
    page_and_alignment(g, m, miss, save);
    emit_load(e, true, H_T1, ENV_MEM(tlb_micro.ntag[miss->micro]));
    emit_lea(e, true, H_T0, host_mem_index(H_T0, H_T1, 0, 1));
    uint8_t *hit = emit_jrcxz(e);
    emit8(e, 0xe9);
    miss->rel = e->p;
    emit32(e, 0);
    emit_here8(e, hit);
    miss->hit = e->p;
    emit_load(e, true, H_T2, ENV_MEM(tlb_micro.addend[miss->micro]));
    return host_operand(g, m, addrsize, save);
}

void gen_stack_stretch(JitGen *g, int lo, unsigned size, unsigned access)
{
    JitMiss *miss = &g->miss[g->nmiss++];

    *miss = (JitMiss){
        .insn = g->index,
        .access = access,
        .size = size,
        .mmu = g->mmu,
        .mem = {.base = R_ESP, .index = X86_MEM_NO_REG, .seg = R_SS, .disp = lo},
        .addrsize = 8,
        .bit = GEN_NO_BIT,
        .micro = -1,
        .run = true,
    };
    gen_touched(g, miss);
    look_into_table(g, miss);
}

/*
 * x86_lin_based(): the interpreter raises the exception. With 57-bit addresses some offsets that
 * are canonical are left to it, too.
 */
static void gen_check_offset(JitGen *g, const X86MemRef *m, unsigned addrsize)
{
    if (!g->env->checks_offsets || !g->mode64 || addrsize != 8 || m->seg < R_FS ||
        (m->base >= CPU_NB_REGS && m->index >= CPU_NB_REGS)) {
        return;
    }
    gen_forget(g);
    gen_ea(g, m, addrsize, H_T1);
    gen_need_canonical(g, H_T1);
}

X86HostMem gen_mem(JitGen *g, const X86MemRef *m, unsigned addrsize, unsigned size, unsigned access)
{
    X86HostMem host;

    g->naccess[g->index]++;
    gen_check_offset(g, m, addrsize);
    return gen_window_mem(g, m, addrsize, &host)
               ? host
               : look_up(g, m, addrsize, size, access, GEN_NO_BIT);
}

bool gen_bit_operand(JitGen *g, unsigned bit, unsigned size, unsigned access, X86HostMem *out)
{
    const X86MemRef *m = &g->d->mem;

    if (size < 4 || m->seg >= R_FS || !can_add_parts(g, m, g->d->addrsize)) {
        return false;
    }
    g->naccess[g->index]++;
    *out = look_up(g, m, g->d->addrsize, size, access, bit);
    return true;
}

X86HostMem gen_operand(JitGen *g, unsigned size, unsigned access)
{
    return gen_mem(g, &g->d->mem, g->d->addrsize, size, access);
}

X86HostMem gen_fold(JitGen *g, X86HostMem m)
{
    if (m.base != H_T1 && m.index != H_T1) {
        return m;
    }
    X86HostMem r = host_mem(H_T2, 0);

    r.gs = m.gs;
    m.gs = false;
    gen_take(g, GEN_T1);
    emit_lea(&g->e, true, H_T2, m);
    return r;
}

/* Alignment, which vector instructions check, comes before page faults. */
static bool only_access(const JitGen *g, const JitMiss *miss)
{
    return g->naccess[miss->insn] == 1 && miss->access != OPND_RW &&
           !(g->decoded[miss->insn].flags & (X86_IF_VECTOR | X86_IF_X87));
}

void gen_write_misses(JitGen *g)
{
    Emit *e = &g->e;

    for (unsigned i = 0; i < g->nmiss; i++) {
        JitMiss *miss = &g->miss[i];
        if (!miss->run && only_access(g, miss)) {
            miss->access |= JIT_ONLY_ACCESS;
        }
        emit_patch32(e, miss->rel, emit_rx(e, e->p));
        gen_touched(g, miss);
        if (miss->table) {
            emit_call(e, miss->run ? jit.thunk.run : jit.thunk.slow);
            gen_site(g, miss->insn, miss);
            continue;
        }
        emit_call(e, jit.thunk.refill[miss->mmu][!!(miss->access & OPND_W)]);
        emit_jmp(e, emit_rx(e, miss->hit)); /* JIT_REFILL_JMP bytes */
        gen_site(g, miss->insn, miss);
    }
}
