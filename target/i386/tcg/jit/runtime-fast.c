/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernels do on every entry and exit, and the string instructions they copy and clear with:
 * done here as long as nothing is out of the ordinary, else by the interpreter. Compiled without
 * vector registers, so that the guest's stay where they are.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/jit/jit-int.h"
#include "target/i386/tcg/seg.h"

/* Where @len bytes at @lin are on the host; NULL: across pages, or not to be reached directly. */
static void *direct(CPUX86State *env, int idx, uint64_t lin, unsigned len, bool write)
{
    const X86TLBEntry *e = x86_tlb_entry(env, idx, lin);
    uint64_t tag = write ? e->addr_write : e->addr_read;

    if (tag != (lin & TARGET_PAGE_MASK) || (lin & ~TARGET_PAGE_MASK) + len > TARGET_PAGE_SIZE) {
        return NULL;
    }
    return (void *)(uintptr_t)(lin + e->addend);
}

/* ---- REP MOVS, REP STOS ---- */

#define STRING_BYTES (64u << 10) /* at most, before somebody looks for interrupts */
#define SHORT_COPY   32          /* elements of eight bytes, for which a loop is quicker */

/*
 * Copies as the guest's instruction does where the two overlap: element by element. No compiler
 * makes a call of memcpy() of these loops.
 */
static void copy_elements(uint8_t *to, const uint8_t *from, uint64_t n, unsigned size)
{
    if (size == 8 && n <= SHORT_COPY) {
        for (uint64_t i = 0; i < n; i++) {
            stq_he_p(to + i * 8, ldq_he_p(from + i * 8));
            barrier();
        }
        return;
    }
    switch (size) {
    case 1:
        asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        break;
    case 2:
        asm volatile("rep movsw" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        break;
    case 4:
        asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        break;
    default:
        asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        break;
    }
}

static void fill_elements(uint8_t *to, uint64_t val, uint64_t n, unsigned size)
{
    if (size == 8 && n <= SHORT_COPY) {
        for (uint64_t i = 0; i < n; i++) {
            stq_he_p(to + i * 8, val);
            barrier();
        }
        return;
    }
    switch (size) {
    case 1:
        asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(val) : "memory");
        break;
    case 2:
        asm volatile("rep stosw" : "+D"(to), "+c"(n) : "a"(val) : "memory");
        break;
    case 4:
        asm volatile("rep stosl" : "+D"(to), "+c"(n) : "a"(val) : "memory");
        break;
    default:
        asm volatile("rep stosq" : "+D"(to), "+c"(n) : "a"(val) : "memory");
        break;
    }
}

/*
 * How many of @n elements at @lin lie whole in its page, which can be reached directly: that is
 * where they are on the host.
 */
static uint64_t reachable(CPUX86State *env, uint64_t lin, uint64_t n, unsigned size, bool write,
                          void **host)
{
    n = MIN(n, (TARGET_PAGE_SIZE - (lin & ~TARGET_PAGE_MASK)) / size);
    *host = n ? direct(env, x86_mmu_index(env), lin, n * size, write) : NULL;
    return *host ? n : 0;
}

/* As much of the instruction as lies in one page at either end: so many elements. */
static uint64_t string_step(CPUX86State *env, bool movs, unsigned size)
{
    uint64_t *rsi = &env->regs[R_ESI], *rdi = &env->regs[R_EDI];
    void *to, *from;
    uint64_t n = reachable(env, *rdi, env->regs[R_ECX], size, true, &to);

    if (movs) {
        n = n ? reachable(env, *rsi, n, size, false, &from) : 0;
        if (n) {
            copy_elements(to, from, n, size);
            *rsi += n * size;
        }
    } else if (n) {
        fill_elements(to, env->regs[R_EAX], n, size);
    }
    *rdi += n * size;
    env->regs[R_ECX] -= n;
    return n;
}

/*
 * All of it, or as much as can be done before something has to be looked at: registers are up to
 * date behind each page, so the interpreter goes on from there.
 */
static bool string_in_pages(CPUX86State *env, const DecodedInsn *d)
{
    if ((env->eflags & DF_MASK) || env->regs[R_ECX] > STRING_BYTES / d->opsize) {
        return false;
    }
    while (env->regs[R_ECX]) {
        if (!string_step(env, d->op == X86_OP_MOVS, d->opsize)) {
            return false;
        }
    }
    return true;
}

const uint8_t *jit_rt_string(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    JitBlock *b = jit_site_block(site);

    if (string_in_pages(env, &b->decoded[b->insn[site->index].decoded])) {
        return (const uint8_t *)site + sizeof(*site);
    }
    jit_flags_from_code(env);
    return jit_interpret(env, b, site->index);
}

/* ---- SYSCALL, SYSRET ---- */

static const uint8_t *transfer(CPUX86State *env, const JitSite *site, X86InterpFn *fn,
                               const DecodedInsn *d)
{
    const JitInsn *in = &jit_site_block(site)->insn[site->index];

    env->eip = jit_eip_at(env, in->off);
    env->next_eip = jit_eip_at(env, in->off + in->len);
    fn(env, d);
    env->eip = env->next_eip;
    return jit_next_block(env, true);
}

const uint8_t *jit_rt_syscall(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    jit_flags_from_code(env);
    if (!(env->efer & MSR_EFER_SCE)) {
        return jit_interpret(env, jit_site_block(site), site->index);
    }
    return transfer(env, site, interp_syscall, NULL);
}

const uint8_t *jit_rt_sysret(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    static const DecodedInsn sysretq = {.opsize = 8};

    jit_flags_from_code(env);
    if (!(env->efer & MSR_EFER_SCE) || !x86_is_canonical(env, env->regs[R_ECX]) ||
        (env->regs[R_R11] & TF_MASK)) {
        return jit_interpret(env, jit_site_block(site), site->index);
    }
    return transfer(env, site, interp_sysret, &sysretq);
}

/* ---- IRET ---- */

/* The descriptor of @sel in the GDT, if it can be had without ado. */
static bool fetch_desc(CPUX86State *env, unsigned sel, X86Desc *d)
{
    const void *p;

    if (x86_sel_is_null(sel) || (sel & 4) || (sel | 7) > env->gdt.limit) {
        return false;
    }
    d->addr = env->gdt.base + (sel & 0xfff8);
    p = direct(env, x86_mmu_index_implicit(env), d->addr, 8, false);
    if (!p) {
        return false;
    }
    d->lo = ldl_he_p(p);
    d->hi = ldl_he_p((const uint8_t *)p + 4);
    return true;
}

/* No data segment becomes null with a return to CPL @cpl: x86_drop_inner_segs(). */
static bool keeps_segs(const CPUX86State *env, unsigned cpl)
{
    static const uint8_t data[] = {R_ES, R_DS, R_FS, R_GS};

    for (size_t i = 0; i < G_N_ELEMENTS(data); i++) {
        const SegmentCache *sc = &env->segs[data[i]];

        if (!x86_sel_is_null(sc->selector) && (sc->flags & DESC_DPL_MASK) >> DESC_DPL_SHIFT < cpl) {
            return false;
        }
    }
    return true;
}

typedef struct QEMU_PACKED IretFrame {
    uint64_t eip, cs, flags, rsp, ss;
} IretFrame;

/* From CPL 0 to 64-bit code whose descriptors need no change. Nothing is changed if not. */
static bool iret_to_64(CPUX86State *env)
{
    const uint32_t code = DESC_P_MASK | DESC_S_MASK | DESC_CS_MASK | DESC_A_MASK | DESC_L_MASK;
    const uint32_t code_mask = code | DESC_C_MASK | DESC_B_MASK | DESC_DPL_MASK;
    const uint32_t stack = DESC_P_MASK | DESC_S_MASK | DESC_W_MASK | DESC_A_MASK;
    const uint32_t stack_mask = stack | DESC_CS_MASK | DESC_DPL_MASK;
    const uint64_t flags = CC_ALL | DF_MASK | NT_MASK | RF_MASK | AC_MASK | ID_MASK | IF_MASK |
                           IOPL_MASK | VIF_MASK | VIP_MASK;
    const IretFrame *f =
        direct(env, x86_mmu_index(env), env->regs[R_ESP], sizeof(IretFrame), false);
    IretFrame frame;
    X86Desc cs, ss;
    unsigned cpl;

    if (!f || (env->eflags & NT_MASK)) {
        return false;
    }
    frame = *f;
    cpl = frame.cs & 3;
    if ((frame.flags & TF_MASK) || (frame.ss & 3) != cpl || !x86_is_canonical(env, frame.eip) ||
        !fetch_desc(env, frame.cs & 0xffff, &cs) || !fetch_desc(env, frame.ss & 0xffff, &ss) ||
        (cs.hi & code_mask) != (code | cpl << DESC_DPL_SHIFT) ||
        (ss.hi & stack_mask) != (stack | cpl << DESC_DPL_SHIFT) || (cpl && !keeps_segs(env, cpl))) {
        return false;
    }
    x86_set_seg_desc(env, R_SS, frame.ss & 0xffff, &ss);
    x86_set_seg_desc(env, R_CS, frame.cs & 0xffff, &cs);
    env->eip = env->next_eip = frame.eip;
    env->regs[R_ESP] = frame.rsp;
    x86_write_eflags(env, frame.flags, flags);
    env->hflags2 &= ~HF2_NMI_BLOCKED;
    return true;
}

const uint8_t *jit_rt_iret(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    jit_flags_from_code(env);
    if (iret_to_64(env)) {
        return jit_next_block(env, true);
    }
    return jit_interpret(env, jit_site_block(site), site->index);
}
