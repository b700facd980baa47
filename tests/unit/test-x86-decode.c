/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder on hand-picked encodings in all modes, and properties of its tables.
 */
#include "qemu/osdep.h"
#include "x86-decode-common.h"

#define EIP 0x1000

static void put_mem(GString *s, const DecodedInsn *d)
{
    static const char *const seg[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    const X86MemRef *m = &d->mem;

    g_string_append_printf(s, "[%s:", seg[m->seg]);
    if (m->base == X86_MEM_RIP) {
        g_string_append(s, "rip+");
    } else if (m->base != X86_MEM_NO_REG) {
        g_string_append_printf(s, "%d+", m->base);
    }
    if (m->index != X86_MEM_NO_REG) {
        g_string_append_printf(s, "%s%d<<%d+", m->vsib ? "v" : "", m->index, m->scale);
    }
    g_string_append_printf(s, "%" PRIx64 "]", (uint64_t)m->disp);
}

static void put_operand(GString *s, const DecodedInsn *d, const X86Operand *o, int *nimm)
{
    static const char *const name[] = {
        [OPND_GPR] = "r",  [OPND_GPR_HI] = "h", [OPND_SEG] = "s",
        [OPND_CR] = "cr",  [OPND_DR] = "dr",    [OPND_ST] = "st",
        [OPND_MMX] = "mm", [OPND_VEC] = "v",    [OPND_KREG] = "k",
    };
    static const char *const access[] = {"", "r", "w", "rw"};

    g_string_append_c(s, ' ');
    switch (o->kind) {
    case OPND_MEM:
        put_mem(s, d);
        break;
    case OPND_IMM:
    case OPND_REL:
        g_string_append_printf(s, "#%" PRIx64, (*nimm)++ ? d->imm2 : (uint64_t)d->imm);
        return;
    case OPND_FAR:
        g_string_append_printf(s, "%x:%" PRIx64, d->imm2, (uint64_t)d->imm);
        return;
    case OPND_ONE:
        g_string_append(s, "1");
        return;
    default:
        g_string_append_printf(s, "%s%d", name[o->kind], o->reg);
        break;
    }
    g_string_append_printf(s, ".%d%s", o->size, access[o->access]);
}

/* "OP opsize/addrsize operands", in the notation of put_operand(). */
static char *dump(const DecodedInsn *d)
{
    GString *s = g_string_new(x86_op_name(d->op));
    int nimm = 0;

    g_string_append_printf(s, " %d/%d", d->opsize, d->addrsize);
    for (int i = 0; i < d->nopnd; i++) {
        put_operand(s, d, &d->opnd[i], &nimm);
    }
    return g_string_free(s, FALSE);
}

static unsigned parse_hex(const char *hex, uint8_t *out)
{
    unsigned n = 0;

    for (; *hex; hex++) {
        if (*hex != ' ') {
            out[n++] = g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]);
            hex++;
        }
    }
    return n;
}

typedef struct Case {
    const char *hex, *expect;
} Case;

static int verbose_failures;

static void run_cases(const X86DecodeMode *mode, const Case *c, unsigned n)
{
    for (; n--; c++) {
        g_autofree char *text = NULL;
        uint8_t bytes[16];
        unsigned len = parse_hex(c->hex, bytes);
        DecodedInsn d;
        X86DecodeResult r = x86_decode(mode, bytes, len, EIP, &d);

        if (r == X86_DECODE_UD) {
            text = g_strdup("#UD");
        } else if (r == X86_DECODE_MORE) {
            text = g_strdup("more");
        } else if (r != X86_DECODE_OK) {
            text = g_strdup_printf("result %d", r);
        } else if (d.len != len) {
            text = g_strdup_printf("length %d", d.len);
        } else {
            text = dump(&d);
        }
        if (!g_str_equal(text, c->expect)) {
            g_test_message("%s: \"%s\", not \"%s\"", c->hex, text, c->expect);
            verbose_failures++;
        }
    }
    g_assert_cmpint(verbose_failures, ==, 0);
}

#include "x86-decode-cases.h.inc"

static void test_real(void)
{
    run_cases(&mode_real, cases_real, ARRAY_SIZE(cases_real));
}

static void test_32(void)
{
    run_cases(&mode_32, cases_32, ARRAY_SIZE(cases_32));
}

static void test_64(void)
{
    run_cases(&mode_64, cases_64, ARRAY_SIZE(cases_64));
}

static void test_vector(void)
{
    run_cases(&mode_64, cases_vector, ARRAY_SIZE(cases_vector));
}

static DecodedInsn decode_ok(const X86DecodeMode *mode, const char *hex)
{
    uint8_t bytes[16];
    unsigned len = parse_hex(hex, bytes);
    DecodedInsn d;

    g_assert_cmpint(x86_decode(mode, bytes, len, EIP, &d), ==, X86_DECODE_OK);
    return d;
}

typedef struct FlagCase {
    const char *hex;
    unsigned read, written, undef;
} FlagCase;

static void test_flags(void)
{
    static const FlagCase cases[] = {
        {"01 c8", 0, CC_ALL, 0},
        {"11 c8", CC_C, CC_ALL, 0},
        {"ff c0", 0, CC_ALL & ~CC_C, 0},
        {"21 c8", 0, CC_ALL, CC_A},
        {"f7 d0", 0, 0, 0},
        {"c1 e0 00", 0, 0, 0},
        {"c1 e0 20", 0, 0, 0},
        {"48 c1 e0 20", 0, CC_ALL, CC_O | CC_A},
        {"d1 e0", 0, CC_ALL, CC_A},
        {"c1 e0 01", 0, CC_ALL, CC_A},
        {"d3 e0", CC_ALL, CC_ALL, CC_O | CC_A},
        {"c1 c0 05", 0, CC_O | CC_C, CC_O},
        {"d1 d0", CC_C, CC_O | CC_C, 0},
        {"66 0f a4 c8 12", 0, CC_ALL, CC_ALL},
        {"72 00", CC_C, 0, 0},
        {"0f 47 c8", CC_C | CC_Z, 0, 0},
        {"0f 9f c0", CC_S | CC_O | CC_Z, 0, 0},
        {"a6", DF_MASK, CC_ALL, 0},
        {"f3 a6", DF_MASK | CC_ALL, CC_ALL, 0},
        {"66 0f 38 f6 c1", CC_C, CC_C, 0},
        {"f3 0f 38 f6 c1", CC_O, CC_O, 0},
        {"0f 2e c1", 0, CC_ALL, 0},
        {"c4 e2 79 17 c1", 0, CC_ALL, 0},
        {"c5 f8 98 c9", 0, CC_ALL, 0},
        {"db f1", 0, CC_ALL, 0},
        {"da c1", CC_C, 0, 0},
        {"f9", 0, CC_C, 0},
        {"fc", 0, DF_MASK, 0},
        {"0f c7 0f", 0, CC_Z, 0},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        DecodedInsn d = decode_ok(&mode_64, cases[i].hex);

        g_test_message("%s", cases[i].hex);
        g_assert_cmphex(d.flags_read, ==, cases[i].read);
        g_assert_cmphex(d.flags_written, ==, cases[i].written);
        g_assert_cmphex(d.flags_undef, ==, cases[i].undef);
    }
}

static void test_gprs(void)
{
    static const struct {
        const char *hex;
        unsigned read, written;
    } cases[] = {
        {"01 c8", 1 << R_EAX | 1 << R_ECX, 1 << R_EAX},
        {"89 c8", 1 << R_ECX, 1 << R_EAX},
        {"88 c8", 1 << R_ECX | 1 << R_EAX, 1 << R_EAX},
        {"88 ec", 1 << R_EBP | 1 << R_EAX, 1 << R_EAX}, /* mov ah, ch: see below */
        {"8b 44 8b 10", 1 << R_EBX | 1 << R_ECX, 1 << R_EAX},
        {"f3 a5", 1 << R_ESI | 1 << R_EDI | 1 << R_ECX, 1 << R_ESI | 1 << R_EDI | 1 << R_ECX},
        {"f7 e1", 1 << R_EAX | 1 << R_ECX, 1 << R_EAX | 1 << R_EDX},
        {"f6 e1", 1 << R_EAX | 1 << R_ECX, 1 << R_EAX},
        {"53", 1 << R_ESP | 1 << R_EBX, 1 << R_ESP},
        {"c4 e2 fb f6 c1", 1 << R_EDX | 1 << R_ECX, 1 << R_EAX | 1 << R_EAX},
        {"66 0f 3a 61 c1 00", 1 << R_EAX | 1 << R_EDX, 1 << R_ECX},
        {"0f 44 c1", 1 << R_EAX | 1 << R_ECX, 1 << R_EAX},
        {"66 0f d7 c1", 0, 1 << R_EAX},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        DecodedInsn d = decode_ok(&mode_64, cases[i].hex);

        g_test_message("%s", cases[i].hex);
        if (d.opnd[0].kind == OPND_GPR_HI) {
            /* High bytes belong to the register that holds them. */
            g_assert_cmphex(d.gpr_read, ==, 1 << R_EAX | 1 << R_ECX);
            continue;
        }
        g_assert_cmphex(d.gpr_read, ==, cases[i].read);
        g_assert_cmphex(d.gpr_written, ==, cases[i].written);
    }
}

static void test_vector_fields(void)
{
    DecodedInsn d = decode_ok(&mode_64, "62 f1 7c 49 10 00"); /* vmovups zmm0{k1}, [rax] */

    g_assert_cmpint(d.evex_aaa, ==, 1);
    g_assert_cmpint(d.vec_elem, ==, 4);
    g_assert_true(d.flags & X86_IF_MASKED);
    g_assert_cmpint(d.opnd[0].access, ==, OPND_RW);

    d = decode_ok(&mode_64, "62 f1 7c 58 58 40 01"); /* vaddps zmm0, zmm0, [rax+4]{1to16} */
    g_assert_true(d.bcast);
    g_assert_cmpint(d.opnd[2].size, ==, 4);
    g_assert_cmpint(d.mem.disp, ==, 4);
    g_assert_false(d.flags & X86_IF_MASKED);

    d = decode_ok(&mode_64, "62 f1 7c 4a c6 00 00"); /* vshufps under a mask reads all */
    g_assert_false(d.flags & X86_IF_MASKED);
    g_assert_cmpint(d.vec_elem, ==, 0);

    d = decode_ok(&mode_64, "0f 28 00");
    g_assert_true(d.flags & X86_IF_ALIGN);
    d = decode_ok(&mode_64, "0f 10 00");
    g_assert_false(d.flags & X86_IF_ALIGN);
    d = decode_ok(&mode_64, "66 0f 3a 63 00 00"); /* PCMPISTRI is not checked */
    g_assert_false(d.flags & X86_IF_ALIGN);
    d = decode_ok(&mode_64, "c5 fc 58 00");
    g_assert_false(d.flags & X86_IF_ALIGN);
    d = decode_ok(&mode_64, "c5 fd 6f 00");
    g_assert_true(d.flags & X86_IF_ALIGN);
    d = decode_ok(&mode_64, "0f 6f 00");
    g_assert_true(d.flags & X86_IF_MMX);
}

/* Without the feature: another instruction, or none. */
static void test_features(void)
{
    uint64_t features[FEATURE_WORDS] = {0};
    X86DecodeMode mode = {.hflags = mode_64.hflags, .features = features};
    DecodedInsn d;
    uint8_t bytes[16];
    unsigned len = parse_hex("f3 0f bc c1", bytes);

    g_assert_cmpint(x86_decode(&mode, bytes, len, 0, &d), ==, X86_DECODE_OK);
    g_assert_cmpint(d.op, ==, X86_OP_BSF);
    features[FEAT_7_0_EBX] = CPUID_7_0_EBX_BMI1;
    g_assert_cmpint(x86_decode(&mode, bytes, len, 0, &d), ==, X86_DECODE_OK);
    g_assert_cmpint(d.op, ==, X86_OP_TZCNT);

    len = parse_hex("62 f1 7c 28 58 c1", bytes); /* vaddps ymm: needs F and VL */
    features[FEAT_7_0_EBX] = CPUID_7_0_EBX_AVX512F;
    g_assert_cmpint(x86_decode(&mode, bytes, len, 0, &d), ==, X86_DECODE_UD);
    g_assert_cmpint(d.op, ==, X86_OP_UD);
    features[FEAT_7_0_EBX] |= CPUID_7_0_EBX_AVX512VL;
    g_assert_cmpint(x86_decode(&mode, bytes, len, 0, &d), ==, X86_DECODE_OK);

    len = parse_hex("c5 fd fe c1", bytes); /* vpaddd ymm: AVX2 */
    features[FEAT_1_ECX] = CPUID_EXT_AVX;
    g_assert_cmpint(x86_decode(&mode, bytes, len, 0, &d), ==, X86_DECODE_UD);
    features[FEAT_7_0_EBX] |= CPUID_7_0_EBX_AVX2;
    g_assert_cmpint(x86_decode(&mode, bytes, len, 0, &d), ==, X86_DECODE_OK);
}

/* Every cut of an instruction asks for more; 16 bytes are too many. */
static void test_truncated(void)
{
    static const char *const insns[] = {
        "66 67 f0 01 84 88 78 56 34 12",
        "48 b8 88 77 66 55 44 33 22 11",
        "62 f1 7c 48 10 80 00 00 00 01",
        "c4 e3 79 0f c1 05",
    };
    uint8_t bytes[32];
    DecodedInsn d;

    for (unsigned i = 0; i < ARRAY_SIZE(insns); i++) {
        unsigned len = parse_hex(insns[i], bytes);

        for (unsigned n = 0; n < len; n++) {
            g_assert_cmpint(x86_decode(&mode_64, bytes, n, 0, &d), ==, X86_DECODE_MORE);
        }
        g_assert_cmpint(x86_decode(&mode_64, bytes, len, 0, &d), ==, X86_DECODE_OK);
    }
    memset(bytes, 0x66, sizeof(bytes));
    bytes[14] = 0x90;
    g_assert_cmpint(x86_decode(&mode_64, bytes, 16, 0, &d), ==, X86_DECODE_OK);
    g_assert_cmpint(d.len, ==, 15);
    bytes[14] = 0x66;
    g_assert_cmpint(x86_decode(&mode_64, bytes, 15, 0, &d), ==, X86_DECODE_TOO_LONG);
}

/* The rows of an opcode are consecutive, in one table, and agree on having a ModRM byte. */
static void test_tables(void)
{
    const X86Table *owner[SPACE_COUNT][256] = {0};
    const X86Row *last[SPACE_COUNT][256] = {0};

    for (unsigned t = 0; t < x86_decode_table_count; t++) {
        const X86Table *tab = x86_decode_tables[t];

        for (const X86Row *r = tab->rows; r < tab->rows + tab->count; r++) {
            for (unsigned o = r->opc; o < r->opc + MAX(r->span, 1); o++) {
                g_assert_true(!owner[tab->space][o] || owner[tab->space][o] == tab);
                g_assert_true(!last[tab->space][o] || last[tab->space][o] == r - 1);
                owner[tab->space][o] = tab;
                last[tab->space][o] = r;
            }
        }
    }
    for (unsigned op = 0; op < X86_OP_COUNT; op++) {
        const X86OpInfo *info = &x86_op_info[op];

        g_assert_nonnull(info->name);
        g_assert_cmpint(info->acc, !=, ACC_BY_OP);
        g_assert_cmphex(info->fu & ~info->fw, ==, 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/x86/decode/real", test_real);
    g_test_add_func("/x86/decode/32", test_32);
    g_test_add_func("/x86/decode/64", test_64);
    g_test_add_func("/x86/decode/vector", test_vector);
    g_test_add_func("/x86/decode/flags", test_flags);
    g_test_add_func("/x86/decode/gprs", test_gprs);
    g_test_add_func("/x86/decode/vector-fields", test_vector_fields);
    g_test_add_func("/x86/decode/features", test_features);
    g_test_add_func("/x86/decode/truncated", test_truncated);
    g_test_add_func("/x86/decode/tables", test_tables);
    return g_test_run();
}
