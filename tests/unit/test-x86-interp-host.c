/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integer operations of the interpreter against the processor this runs on:
 * random instructions and state, 64-bit mode. Defined flags are compared, and
 * all registers and memory. Instructions of the host's that it lacks are left out.
 */
#include "qemu/osdep.h"
#include <setjmp.h>
#include <sys/mman.h>
#include "x86-interp-env.h"

#define ROUNDS_PER_ROW 60
#define BASE_OFFSET    4096 /* where RBX points */
#define WINDOW         4096 /* bytes compared around it */

/* ---- native execution ---- */

typedef struct Regs {
    uint64_t r[16];
    uint64_t flags;
} Regs;

typedef struct NativePage {
    uint8_t code[2048];
    Regs regs;
} NativePage;

static NativePage *page;
static sigjmp_buf native_jmp;

static void on_signal(int sig)
{
    siglongjmp(native_jmp, sig);
}

static uint8_t *put_rip_mov(uint8_t *p, bool store, int reg)
{
    uint8_t *end = p + 7;
    int32_t disp = (uint8_t *)&page->regs.r[reg] - end;

    *p++ = 0x48 | (reg & 8 ? 4 : 0);
    *p++ = store ? 0x89 : 0x8b;
    *p++ = 5 | (reg & 7) << 3;
    memcpy(p, &disp, 4);
    return end;
}

/* push [flags]; popf; load registers; the instruction; store registers; pushf; pop [flags]; cld */
static void build(const uint8_t *insn, unsigned len)
{
    static const uint8_t save[] = {0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57};
    static const uint8_t restore[] = {0xfc, 0x41, 0x5f, 0x41, 0x5e, 0x41,
                                      0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3};
    uint8_t *p = page->code;
    int32_t disp;

    memcpy(p, save, sizeof(save));
    p += sizeof(save);
    disp = (uint8_t *)&page->regs.flags - (p + 6);
    *p++ = 0xff;
    *p++ = 0x35;
    memcpy(p, &disp, 4);
    p += 4;
    *p++ = 0x9d;
    for (int i = 0; i < 16; i++) {
        p = i == R_ESP ? p : put_rip_mov(p, false, i);
    }
    memcpy(p, insn, len);
    p += len;
    for (int i = 0; i < 16; i++) {
        p = i == R_ESP ? p : put_rip_mov(p, true, i);
    }
    *p++ = 0x9c;
    disp = (uint8_t *)&page->regs.flags - (p + 6);
    *p++ = 0x8f;
    *p++ = 0x05;
    memcpy(p, &disp, 4);
    p += 4;
    memcpy(p, restore, sizeof(restore));
}

/* The signal that ended it, 0 if none. */
static int run_native(Regs *r)
{
    volatile int sig;

    page->regs = *r;
    sig = sigsetjmp(native_jmp, 1);
    if (!sig) {
        ((void (*)(void))page->code)();
        *r = page->regs;
    } else {
        __asm__ volatile("cld");
    }
    return sig;
}

/* ---- random instructions ---- */

static bool op_wanted(unsigned op)
{
    switch (op) {
    case X86_OP_UD:
    case X86_OP_CPUID:
    case X86_OP_RDTSC:
    case X86_OP_RDTSCP:
    case X86_OP_RDRAND:
    case X86_OP_RDSEED:
    case X86_OP_RDPID:
    case X86_OP_CLFLUSH:
    case X86_OP_CLZERO:
    case X86_OP_MOVDIR64B:
    case X86_OP_ENTER:
        return false;
    default:
        return x86_op_interp[op] && !(x86_op_info[op].flags & (X86_IF_BRANCH | X86_IF_END_BLOCK));
    }
}

static unsigned rnd(unsigned n)
{
    return g_test_rand_int_range(0, n);
}

static unsigned put_modrm(uint8_t *p, const X86Row *row)
{
    unsigned reg = row->reg ? row->reg - 1u : rnd(8), rm = row->rm ? row->rm - 1u : rnd(8);

    if (row->mod == MOD_REG || (row->mod != MOD_MEM && rnd(2))) {
        p[0] = 0xc0 | reg << 3 | rm;
        return 1;
    }
    if (rnd(4) == 0) { /* [rbx + rcx * scale + disp8] */
        p[0] = 0x44 | reg << 3;
        p[1] = rnd(4) << 6 | R_ECX << 3 | R_EBX;
        p[2] = rnd(256);
        return 3;
    }
    p[0] = 0x40 | reg << 3 | R_EBX;
    p[1] = rnd(256);
    return 2;
}

static unsigned put_prefixes(uint8_t *p, const X86Row *row, X86Space space)
{
    unsigned n = 0;

    if (row->pp == PP_66 || ((row->pp == PP_ANY || row->pp == PP_NF) && rnd(4) == 0)) {
        p[n++] = 0x66;
    }
    if (row->pp == PP_F2 || row->pp == PP_F3) {
        p[n++] = row->pp == PP_F2 ? 0xf2 : 0xf3;
    } else if ((x86_op_info[row->op].flags & X86_IF_STRING) && rnd(2)) {
        p[n++] = rnd(2) ? 0xf2 : 0xf3;
    }
    if ((x86_op_info[row->op].flags & X86_IF_LOCKABLE) && rnd(6) == 0) {
        p[n++] = 0xf0;
    }
    if (rnd(2)) {
        p[n++] = 0x40 | (rnd(2) << 3) | (rnd(2) << 2) | rnd(2);
    }
    if (space != SPACE_1B) {
        p[n++] = 0x0f;
        if (space != SPACE_0F) {
            p[n++] = space == SPACE_0F38 ? 0x38 : 0x3a;
        }
    }
    return n;
}

static unsigned put_vex(uint8_t *p, const X86Row *row, X86Space space)
{
    static const uint8_t pp[] = {[PP_NP] = 0, [PP_66] = 1, [PP_F3] = 2, [PP_F2] = 3};

    p[0] = 0xc4;
    p[1] = rnd(2) << 7 | 0x40 | rnd(2) << 5 | (space - SPACE_VEX_0F + 1);
    p[2] = rnd(2) << 7 | rnd(16) << 3 | pp[row->pp];
    return 3;
}

/* Memory operands must stay in the test's own memory: see random_state(). */
static bool memory_allowed(const DecodedInsn *d)
{
    for (int i = 0; i < d->nopnd; i++) {
        if (d->opnd[i].kind == OPND_MEM &&
            (d->mem.base != R_EBX || (d->mem.index != X86_MEM_NO_REG && d->mem.index != R_ECX))) {
            return false;
        }
    }
    if (d->op >= X86_OP_BT && d->op <= X86_OP_BTC && d->opnd[1].kind == OPND_GPR &&
        d->opnd[1].reg == R_EBX) {
        return false; /* the base as bit offset */
    }
    return !(d->prefixes & X86_PFX_67) && d->mem.seg != R_FS && d->mem.seg != R_GS;
}

/* A random encoding of @row, decoded; false if it came out as something else. */
static bool make(const X86Row *row, X86Space space, uint8_t *code, DecodedInsn *d)
{
    static const X86DecodeMode mode = {.hflags = HF_PE | HF_CS64 | HF_CS32 | HF_LMA};
    unsigned n = space >= SPACE_VEX_0F ? put_vex(code, row, space) : put_prefixes(code, row, space);

    code[n++] = row->opc + (row->span ? rnd(row->span) : 0);
    n += put_modrm(code + n, row);
    while (n < 16) {
        code[n++] = rnd(256);
    }
    if (x86_decode(&mode, code, 15, 0, d) != X86_DECODE_OK || d->op != row->op) {
        return false;
    }
    return !((d->gpr_read | d->gpr_written) & 1u << R_ESP) && memory_allowed(d);
}

static uint64_t random_value(void)
{
    uint64_t v = (uint64_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int();

    switch (rnd(8)) {
    case 0:
        return rnd(256);
    case 1:
        return -(uint64_t)rnd(256);
    case 2:
        return 1ull << rnd(64);
    case 3:
        return (1ull << rnd(64)) - 1;
    case 4:
        return v >> rnd(64);
    default:
        return v;
    }
}

static void random_state(Regs *r, const DecodedInsn *d)
{
    uint64_t center = (uintptr_t)test_mem + BASE_OFFSET;

    for (int i = 0; i < 16; i++) {
        r->r[i] = random_value();
    }
    r->flags = EFLAGS_FIXED | IF_MASK | (g_test_rand_int() & CC_ALL);
    if (d->flags & X86_IF_STRING) {
        r->flags |= rnd(2) ? DF_MASK : 0;
        r->r[R_ESI] = center + rnd(64);
        r->r[R_EDI] = rnd(2) ? r->r[R_ESI] + rnd(16) : center + 256 + rnd(64);
        r->r[R_ECX] = rnd(24);
        if (rnd(2)) {
            memset((void *)(uintptr_t)center, 0x11, 512);
        }
    }
    if (d->op == X86_OP_DIV || d->op == X86_OP_IDIV) {
        r->r[R_EDX] = rnd(2) ? 0 : random_value() >> 60;
    }
    if ((d->op == X86_OP_CMPXCHG || d->op == X86_OP_CMPXCHG8B) && rnd(2)) {
        memset((void *)(uintptr_t)(center - 128), 0, 300);
        r->r[R_EAX] = r->r[R_EDX] = 0;
    }
    if (d->opnd[0].kind == OPND_MEM || d->opnd[1].kind == OPND_MEM || d->opnd[2].kind == OPND_MEM) {
        r->r[R_EBX] = center;
        if (d->mem.index == R_ECX) {
            r->r[R_ECX] = rnd(32);
        }
        if (d->opnd[1].kind == OPND_GPR && d->op >= X86_OP_BT && d->op <= X86_OP_BTC &&
            d->opnd[1].reg != R_EBX) {
            r->r[d->opnd[1].reg] = (int)rnd(256) - (d->mem.index == R_ECX ? 0 : 128);
        }
    }
}

/* ---- comparison ---- */

static void describe(const DecodedInsn *d, const Regs *in, const Regs *want, const Regs *got)
{
    g_autoptr(GString) hex = g_string_new(NULL);

    for (int i = 0; i < d->len; i++) {
        g_string_append_printf(hex, "%02x ", d->bytes[i]);
    }
    g_test_message("%s%s", hex->str, x86_op_name(d->op));
    for (int i = 0; i < 16; i++) {
        if (want->r[i] != got->r[i]) {
            g_test_message("r%d: %" PRIx64 " in, %" PRIx64 " native, %" PRIx64 " here", i, in->r[i],
                           want->r[i], got->r[i]);
        }
    }
    g_test_message("flags: %" PRIx64 " in, %" PRIx64 " native, %" PRIx64 " here", in->flags,
                   want->flags, got->flags);
}

/* The registers after a whole repeated instruction, or the vector it raised. */
static int run_interp(CPUX86State *env, const uint8_t *code, DecodedInsn *d, Regs *r)
{
    unsigned len = d->len;
    int vector;

    memcpy(env->regs, r->r, sizeof(r->r));
    env->eflags = r->flags;
    do {
        env->eip = 0x1000;
        vector = test_exec(env, code, len, d);
    } while (vector < 0 && env->next_eip == env->eip);
    memcpy(r->r, env->regs, sizeof(r->r));
    r->flags = env->eflags;
    return vector;
}

static void check(CPUX86State *env, const uint8_t *code, DecodedInsn *d)
{
    static uint8_t before[WINDOW * 2], after[WINDOW * 2];
    Regs in, want, got;
    int sig, vector;

    random_state(&in, d);
    want = got = in;
    memcpy(before, test_mem, sizeof(before));
    test_direct = rnd(2);
    vector = run_interp(env, code, d, &got);
    memcpy(after, test_mem, sizeof(after));
    memcpy(test_mem, before, sizeof(before));
    build(code, d->len);
    sig = run_native(&want);
    if (sig == SIGILL) {
        return;
    }
    if (sig || vector >= 0) {
        if (!sig != (vector < 0)) {
            describe(d, &in, &want, &got);
            g_test_message("signal %d, vector %d", sig, vector);
            g_test_fail();
        }
        return;
    }
    want.r[R_ESP] = got.r[R_ESP];
    if (memcmp(want.r, got.r, sizeof(want.r)) != 0 ||
        ((want.flags ^ got.flags) & ~(uint64_t)d->flags_undef & (CC_ALL | DF_MASK))) {
        describe(d, &in, &want, &got);
        g_test_fail();
    }
    if (memcmp(after, test_mem, sizeof(after)) != 0) {
        describe(d, &in, &want, &got);
        g_test_message("memory differs");
        g_test_fail();
    }
    for (unsigned i = 0; i < sizeof(before); i++) {
        test_mem[i] = rnd(256);
    }
}

static void test_against_host(void)
{
    static const int signals[] = {SIGILL, SIGFPE, SIGSEGV, SIGBUS};
    struct sigaction sa = {.sa_handler = on_signal}, old[ARRAY_SIZE(signals)];
    CPUX86State *env = test_env_new(TEST_64);
    unsigned done = 0;
    uint8_t code[16];
    DecodedInsn d;

    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        g_test_skip("no memory that can be written and executed");
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++) {
        sigaction(signals[i], &sa, &old[i]);
    }
    for (unsigned t = 0; t < x86_decode_table_count; t++) {
        const X86Table *tab = x86_decode_tables[t];

        for (unsigned i = 0; tab->space <= SPACE_VEX_0F3A && i < tab->count; i++) {
            for (int n = 0; op_wanted(tab->rows[i].op) && n < ROUNDS_PER_ROW; n++) {
                if (make(&tab->rows[i], tab->space, code, &d)) {
                    check(env, code, &d);
                    done++;
                }
            }
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++) {
        sigaction(signals[i], &old[i], NULL);
    }
    g_test_message("%u instructions", done);
    munmap(page, sizeof(*page));
    test_env_free(env);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/x86/interp/against-host", test_against_host);
    return g_test_run();
}
