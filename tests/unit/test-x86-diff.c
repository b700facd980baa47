/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter and the translator against the host's processor, on random
 * instructions and random state. The default is a fixed number of cases from a
 * fixed seed.
 *
 *     X86_DIFF_CASES=n  X86_DIFF_SEED=n     a longer or different run
 *     RHEA_SOAK=x                           multiplies the number of cases where that is set
 *     X86_DIFF_BITS=32|64  X86_DIFF_KEEP=1  one mode only; don't stop at differences
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode.h"
#include "x86-diff.h"

static uint8_t memory[DIFF_ALL_SIZE];
static unsigned long ran, skipped, differ;

/* Differences by instruction: encoding, map and opcode of vector instructions, else the operation.
 */
#define VECTOR_KINDS (3u << 11)
static unsigned long failed_by_kind[VECTOR_KINDS + X86_OP_COUNT];

static unsigned kind_of(const DecodedInsn *d)
{
    return d->flags & X86_IF_VECTOR
               ? (unsigned)d->encoding << 11 | (d->opcode_map & 7u) << 8 | d->opcode
               : VECTOR_KINDS + d->op;
}

/* ---- comparison ---- */

/* Flags that the instructions which were executed leave undefined. */
static uint64_t undefined_flags(const DiffCase *c, uint64_t rip)
{
    uint64_t undef = 0, at = c->in.rip;

    for (unsigned i = 0; i < c->ninsn && at != rip; i++) {
        const DecodedInsn *d = &c->insn[i];
        undef = (undef & ~(uint64_t)d->flags_written) | d->flags_undef;
        at += d->len;
    }
    return undef;
}

/* Registers that an instruction leaves undefined. */
static uint32_t undefined_gprs(const DiffCase *c)
{
    uint32_t regs = 0;

    for (unsigned i = 0; i < c->ninsn; i++) {
        const DecodedInsn *d = &c->insn[i];
        if (d->op == X86_OP_BSWAP && d->opsize == 2) {
            regs |= 1u << d->opnd[0].reg;
        }
        /* 16-bit double shifts by more than 16 */
        if ((d->op == X86_OP_SHLD || d->op == X86_OP_SHRD) && d->opsize == 2 &&
            d->opnd[0].kind == OPND_GPR) {
            regs |= 1u << d->opnd[0].reg;
        }
    }
    return regs;
}

static bool same_st(const DiffVector *a, const DiffVector *b)
{
    for (int i = 0; i < 8; i++) {
        if (memcmp(a->st[i], b->st[i], 10)) {
            return false;
        }
    }
    return true;
}

/* What the host maps at the top of its halves is present to the processor, and not in the guest. */
static uint32_t unknown_error_bits(const DiffResult *r)
{
    return r->vector == 14 && r->cr2 >> 46 ? PG_ERROR_P_MASK : 0;
}

static bool has_op(const DiffCase *c, X86Op op)
{
    for (unsigned i = 0; i < c->ninsn; i++) {
        if (c->insn[i].op == op) {
            return true;
        }
    }
    return false;
}

/* Operands of many bytes: at which of them processors look first is their own business. */
static bool has_image(const DiffCase *c)
{
    static const X86Op image[] = {
        X86_OP_FRSTOR, X86_OP_FLDENV,  X86_OP_FNSTENV, X86_OP_FNSAVE,
        X86_OP_FXSAVE, X86_OP_FXRSTOR, X86_OP_XSAVEC,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(image); i++) {
        if (has_op(c, image[i])) {
            return true;
        }
    }
    return false;
}

/* --window=...,indirect: addresses lose bit 63, or bits 57 to 63 (docs/devel/translator.md). */
static bool indirect;

/*
 * Bits that must have a value for there to be an instruction, which AMD's processors do not look
 * at: W of VPERMQ and VPERMPD, b of EVEX with registers only and no rounding.
 */
static bool has_unseen_bits(const DiffCase *c)
{
    const uint8_t *p = c->code;

    for (unsigned i = 0; i < c->ninsn; p += c->insn[i++].len) {
        const uint8_t *at = p, *end = c->code + sizeof(c->code);

        if (c->insn[i].op != X86_OP_UD) {
            continue;
        }
        while (at < end && *at != 0xc4 && *at != 0x62) {
            at++;
        }
        if (end - at >= 5 && *at == 0xc4 && (at[1] & 0x1f) == 3 && !(at[2] & 0x80) && at[3] <= 1) {
            return true;
        }
        if (end - at >= 6 && *at == 0x62 && (at[3] & 0x10) && at[5] >= 0xc0) {
            return true;
        }
    }
    return false;
}

static bool has_short_addresses(const DiffCase *c)
{
    for (unsigned i = 0; i < c->ninsn; i++) {
        if (c->insn[i].addrsize == 2) {
            return true;
        }
    }
    return false;
}

/* What the architecture leaves to the processor. */
static bool free_choice(const DiffCase *c, const DiffResult *want, const DiffResult *got)
{
    if (got->vector == EXCP06_ILLOP && want->vector != EXCP06_ILLOP && has_unseen_bits(c)) {
        return true;
    }
    /* Whether masked bytes count, and so which byte is reported. */
    if (want->vector != EXCP03_INT3 && has_op(c, X86_OP_MASKMOV)) {
        return true;
    }
    if (want->vector == got->vector && want->vector == EXCP0E_PAGE && has_image(c)) {
        return true;
    }
    /* In which order the parts of an operand that runs over the end of 4 GiB are looked at. */
    if (c->bits == 32 && want->vector == EXCP0E_PAGE && want->cr2 >= 0xffffff00) {
        return true;
    }
    if (c->bits == 32 && want->vector == EXCP0E_PAGE && want->cr2 < 512 && has_image(c)) {
        return true;
    }
    /* With addresses that are cut to 32 or 16 bits: whether what lies behind is looked for at 0. */
    if (want->vector == got->vector && want->vector == EXCP0E_PAGE &&
        has_op(c, X86_OP_VEC_MASKMOV) &&
        ((uint32_t)want->cr2 == (uint32_t)got->cr2 ||
         (c->bits == 32 && has_short_addresses(c) && (uint16_t)want->cr2 == (uint16_t)got->cr2))) {
        return true;
    }
    /* Which of two operands, and whether the limit of the segment or alignment comes first. */
    if (want->vector != EXCP03_INT3 && got->vector != EXCP03_INT3 && has_op(c, X86_OP_CMPS)) {
        return true;
    }
    if (c->bits == 32 && want->vector == EXCP0D_GPF && got->vector == EXCP0C_STACK) {
        return true;
    }
    if (c->bits == 32 && (want->vector == EXCP0D_GPF || want->vector == EXCP0C_STACK) &&
        got->vector == EXCP0E_PAGE && (got->cr2 < 64 || got->cr2 >= 0xffffffc0)) {
        return true;
    }
    /* Not an instruction of this host; the operand is looked at first here. */
    if (want->vector == EXCP06_ILLOP && got->vector != EXCP03_INT3) {
        return true;
    }
    /* How much of it has been done; an unmasked exception left its flag before it was found out. */
    if (indirect && (want->vector == EXCP0D_GPF || want->vector == EXCP0C_STACK) &&
        (got->vector != want->vector || got->state.rip != want->state.rip ||
         got->state.vec.mxcsr != want->state.vec.mxcsr)) {
        return true;
    }
    return want->vector != EXCP03_INT3 && (has_op(c, X86_OP_POPA) || has_op(c, X86_OP_PUSHA));
}

/* What differs first, or NULL. */
static const char *compare(const DiffCase *c, const DiffResult *want, const DiffResult *got)
{
    static char what[64];
    const DiffState *a = &want->state, *b = &got->state;
    uint64_t flags = (CC_ALL | DF_MASK) & ~undefined_flags(c, a->rip);

    if (free_choice(c, want, got)) {
        return NULL;
    }
    if (want->vector != got->vector) {
        return "exception";
    }
    if (a->rip != b->rip) {
        return "rip";
    }
    if ((want->error ^ got->error) & ~unknown_error_bits(want) || want->cr2 != got->cr2) {
        return "error code or address";
    }
    for (int i = 0; i < (c->bits == 64 ? 16 : 8); i++) {
        if (a->gpr[i] != b->gpr[i] && !(undefined_gprs(c) >> i & 1)) {
            snprintf(what, sizeof(what), "register %d", i);
            return what;
        }
    }
    if ((a->eflags ^ b->eflags) & flags) {
        return "flags";
    }
    if (memcmp(want->data, got->data, DIFF_DATA_SIZE)) {
        return "memory";
    }
    if (a->vec.mxcsr != b->vec.mxcsr) {
        return "mxcsr";
    }
    if (a->vec.fcw != b->vec.fcw || a->vec.fsw != b->vec.fsw || a->vec.ftw != b->vec.ftw) {
        return "x87 control";
    }
    if (!same_st(&a->vec, &b->vec)) {
        return "x87 registers";
    }
    for (int i = 0; i < 32; i++) {
        if (memcmp(a->vec.zmm[i], b->vec.zmm[i], 64)) {
            snprintf(what, sizeof(what), "zmm%d", i);
            return what;
        }
    }
    return memcmp(a->vec.k, b->vec.k, 64) ? "mask registers" : NULL;
}

/* ---- report ---- */

static void print_insns(const DiffCase *c)
{
    unsigned at = 0;

    for (unsigned i = 0; i < c->ninsn; i++) {
        const DecodedInsn *d = &c->insn[i];
        fprintf(stderr, "    %-12s", x86_op_name(d->op));
        for (unsigned k = 0; k < d->len; k++) {
            fprintf(stderr, " %02x", c->code[at + k]);
        }
        fprintf(stderr, "\n");
        at += d->len;
    }
}

static void print_vec(const char *name, const uint64_t *v)
{
    fprintf(stderr, "    %-8s", name);
    for (int k = 7; k >= 0; k--) {
        fprintf(stderr, " %016" PRIx64, v[k]);
    }
    fprintf(stderr, "\n");
}

static void print_state(const char *name, const DiffResult *r)
{
    const DiffState *s = &r->state;

    fprintf(stderr,
            "  %s: vector %d error %x cr2 %" PRIx64 " rip %" PRIx64 " flags %" PRIx64
            " fcw %x fsw %x ftw %x mxcsr %x\n",
            name, r->vector, r->error, r->cr2, s->rip, s->eflags, s->vec.fcw, s->vec.fsw,
            s->vec.ftw, s->vec.mxcsr);
}

static void print_difference(const DiffCase *c, const DiffResult *want, const DiffResult *got)
{
    const DiffState *a = &want->state, *b = &got->state, *in = &c->in;

    for (int i = 0; i < 16; i++) {
        if (a->gpr[i] != b->gpr[i]) {
            fprintf(stderr, "    r%-2d in %016" PRIx64 " want %016" PRIx64 " got %016" PRIx64 "\n",
                    i, in->gpr[i], a->gpr[i], b->gpr[i]);
        }
    }
    for (int i = 0; i < 32; i++) {
        if (memcmp(a->vec.zmm[i], b->vec.zmm[i], 64)) {
            fprintf(stderr, "   zmm%d\n", i);
            print_vec("in", in->vec.zmm[i]);
            print_vec("want", a->vec.zmm[i]);
            print_vec("got", b->vec.zmm[i]);
        }
    }
    for (int i = 0; i < 8; i++) {
        if (memcmp(a->vec.st[i], b->vec.st[i], 10)) {
            fprintf(stderr, "    st%d want %04x %016" PRIx64 " got %04x %016" PRIx64 "\n", i,
                    *(uint16_t *)(a->vec.st[i] + 8), *(uint64_t *)a->vec.st[i],
                    *(uint16_t *)(b->vec.st[i] + 8), *(uint64_t *)b->vec.st[i]);
        }
        if (a->vec.k[i] != b->vec.k[i]) {
            fprintf(stderr, "    k%d in %016" PRIx64 " want %016" PRIx64 " got %016" PRIx64 "\n", i,
                    in->vec.k[i], a->vec.k[i], b->vec.k[i]);
        }
    }
    for (unsigned i = 0, n = 0; i < DIFF_DATA_SIZE && n < 16; i++) {
        if (want->data[i] != got->data[i]) {
            fprintf(stderr, "    memory %" PRIx64 ": in %02x want %02x got %02x\n", DIFF_DATA + i,
                    memory[i], want->data[i], got->data[i]);
            n++;
        }
    }
}

static void report(const char *who, const char *what, const DiffCase *c, const DiffResult *want,
                   const DiffResult *got)
{
    fprintf(stderr, "%s differs in %s, %d-bit code:\n", who, what, c->bits);
    print_insns(c);
    fprintf(stderr, "  in:");
    for (int i = 0; i < 16; i++) {
        fprintf(stderr, "%s%" PRIx64, i % 8 ? " " : "\n    ", c->in.gpr[i]);
    }
    fprintf(stderr, "\n    flags %" PRIx64 " fcw %x fsw %x ftw %x mxcsr %x\n", c->in.eflags,
            c->in.vec.fcw, c->in.vec.fsw, c->in.vec.ftw, c->in.vec.mxcsr);
    print_state("want", want);
    print_state("got ", got);
    print_difference(c, want, got);
}

/* ---- minimizing ---- */

static bool still_differs(DiffCase *c, bool jit, DiffResult *want, DiffResult *got)
{
    if (!diff_decode(c)) {
        return false;
    }
    diff_native_run(c, 1, want);
    if (want->vector < 0) {
        return false;
    }
    diff_guest_run(c, jit, got);
    return compare(c, want, got) != NULL;
}

/* Drop instructions while the difference stays. */
static void minimize(DiffCase *c, bool jit, DiffResult *want, DiffResult *got)
{
    for (unsigned i = 0; i < c->ninsn && c->ninsn > 1;) {
        DiffCase less = *c;
        DiffResult w, g;
        unsigned at = 0;

        for (unsigned k = 0; k < i; k++) {
            at += c->insn[k].len;
        }
        less.len -= c->insn[i].len;
        memmove(less.code + at, less.code + at + c->insn[i].len, less.len - at);
        memset(less.code + less.len, 0xcc, sizeof(less.code) - less.len);
        if (still_differs(&less, jit, &w, &g)) {
            *c = less;
            *want = w;
            *got = g;
            i = 0;
        } else {
            i++;
        }
    }
}

/* ---- runs ---- */

static bool keep_going;
static unsigned max_reports = 1;

static void check(const DiffCase *c, const DiffResult *want, bool jit)
{
    DiffResult got, w = *want;
    DiffCase least = *c;

    diff_guest_run(c, jit, &got);
    if (!compare(c, want, &got)) {
        return;
    }
    differ++;
    minimize(&least, jit, &w, &got);
    unsigned long *n = &failed_by_kind[kind_of(&least.insn[least.ninsn - 1])];
    if ((*n)++ < max_reports) {
        const char *what = compare(&least, &w, &got);
        report(jit ? "translator" : "interpreter", what ? what : "nothing any more", &least, &w,
               &got);
    }
    if (!keep_going) {
        g_test_fail();
    }
}

static void run_cases(uint64_t seed, unsigned long count, int bits)
{
    static DiffCase cases[DIFF_BATCH];
    static DiffResult want[DIFF_BATCH];
    DiffRng r = {.s = seed * 0x100000001b3ull + bits};

    for (unsigned long done = 0; done < count; done += DIFF_BATCH) {
        unsigned n = MIN(count - done, DIFF_BATCH);
        for (unsigned i = 0; i < n; i++) {
            bool single = i & 1;
            diff_make_case(&r, &cases[i], bits, single ? 1 : 1 + diff_random(&r) % 6);
        }
        diff_native_run(cases, n, want);
        for (unsigned i = 0; i < n; i++) {
            ran++;
            if (want[i].vector < 0) {
                skipped++;
                continue;
            }
            check(&cases[i], &want[i], false);
            if (diff_guest_has_jit()) {
                check(&cases[i], &want[i], true);
            }
        }
        if (differ && !keep_going) {
            break;
        }
    }
}

static unsigned long number(const char *name, unsigned long otherwise)
{
    const char *v = g_getenv(name);

    return v ? strtoul(v, NULL, 0) : otherwise;
}

/* Of a soak only a part, or more of it. */
static unsigned long how_many(void)
{
    const char *soak = g_getenv("RHEA_SOAK");

    return number("X86_DIFF_CASES", 8000) *
           (soak && g_getenv("X86_DIFF_CASES") ? g_ascii_strtod(soak, NULL) : 1);
}

static void test_bits(gconstpointer data)
{
    int bits = GPOINTER_TO_INT(data);
    unsigned long only = number("X86_DIFF_BITS", bits);

    if (only == bits) {
        run_cases(number("X86_DIFF_SEED", 1), how_many(), bits);
    }
    g_test_message("%lu cases, %lu that did not end, %lu differences", ran, skipped, differ);
    for (unsigned i = 0; keep_going && i < G_N_ELEMENTS(failed_by_kind); i++) {
        if (!failed_by_kind[i]) {
            continue;
        }
        if (i >= VECTOR_KINDS) {
            fprintf(stderr, "%s: %lu\n", x86_op_name(i - VECTOR_KINDS), failed_by_kind[i]);
        } else {
            fprintf(stderr, "%s map %u opcode %02x: %lu\n",
                    (const char *[]){"legacy", "VEX", "EVEX"}[i >> 11], i >> 8 & 7, i & 255,
                    failed_by_kind[i]);
        }
    }
}

int main(int argc, char **argv)
{
    bool window = argc > 1 && g_str_has_prefix(argv[1], "--window");
    DiffRng r = {.s = 42};

    indirect = window && strstr(argv[1], ",indirect");
    if (window && g_str_has_prefix(argv[1], "--window=high")) {
        diff_data = DIFF_DATA_HIGH;
    }
    if (window) {
        argv[1] = argv[0];
        argv++;
        argc--;
    }

    diff_read_features();
    diff_make_memory(&r, memory);
    keep_going = number("X86_DIFF_KEEP", 0);
    max_reports = number("X86_DIFF_REPORTS", 1);
#ifdef CONFIG_ASAN
    /* The sanitizer's shadow lies where cases expect that nothing is mapped. */
    printf("1..0 # SKIP the sanitizer takes addresses that cases use\n");
    return 0;
#endif
    if (!diff_native_start(memory)) {
        printf("1..0 # SKIP this host cannot run the cases\n");
        return 0;
    }
    diff_guest_setup(&argc, &argv, memory);
    if (window && !diff_guest_use_window(indirect)) {
        printf("1..0 # SKIP this host has no window\n");
        diff_native_stop();
        return 0;
    }
    g_test_add_data_func("/x86/diff/64", GINT_TO_POINTER(64), test_bits);
    if (diff_data == DIFF_DATA_LOW) {
        g_test_add_data_func("/x86/diff/32", GINT_TO_POINTER(32), test_bits);
    }
    int ret = g_test_run();
    diff_native_stop();
    return ret;
}
