/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Length and validity of instructions: the decoder against Capstone 4, in all
 * modes, on encodings made from the opcode tables and on random bytes.
 *
 * Where the two differ for a known reason, the opcode is in the list below.
 */
#include "qemu/osdep.h"
#include <capstone/capstone.h>
#include "x86-decode-common.h"

typedef enum Kind {
    WE_ONLY = 1, /* Capstone says it is invalid */
    CS_ONLY = 2, /* we do */
    LENGTH = 4,
    ANY = WE_ONLY | CS_ONLY | LENGTH,
} Kind;

/* What must be among the prefixes (one of those named), and the mode. */
enum {
    HAS_LOCK = 1,
    HAS_66 = 2,
    HAS_REP = 4,
    HAS_REX = 8,
    IN_16 = 16,
    HAS_SSE = HAS_66 | HAS_REP,
    HAS_ANY = HAS_LOCK | HAS_SSE | HAS_REX,
};

typedef struct Known {
    X86Space space;
    uint8_t from, to;
    uint8_t kinds;
    uint8_t needs;
    const char *why;
} Known;

#include "x86-decode-capstone-known.h.inc"

typedef struct Where {
    X86Space space;
    uint8_t opcode;
    uint8_t has;
} Where;

/* Skips prefixes; what was among them is added to *has. */
static const uint8_t *skip_prefixes(const uint8_t *b, bool code64, uint8_t *has)
{
    static const uint8_t others[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x67};

    for (;; b++) {
        if (*b == 0xf0) {
            *has |= HAS_LOCK;
        } else if (*b == 0x66) {
            *has |= HAS_66;
        } else if (*b == 0xf2 || *b == 0xf3) {
            *has |= HAS_REP;
        } else if (code64 && (*b & 0xf0) == 0x40) {
            *has |= HAS_REX;
        } else if (!memchr(others, *b, sizeof(others))) {
            return b;
        }
    }
}

/* Map and opcode at @b, behind the prefixes. */
static Where locate_opcode(const uint8_t *b, bool code64)
{
    static const X86Space evex_spaces[8] = {
        SPACE_NONE, SPACE_EVEX_0F, SPACE_EVEX_0F38, SPACE_EVEX_0F3A,
        SPACE_NONE, SPACE_EVEX_5,  SPACE_EVEX_6,    SPACE_NONE,
    };

    if (b[0] == 0x0f) {
        return b[1] == 0x38   ? (Where){SPACE_0F38, b[2]}
               : b[1] == 0x3a ? (Where){SPACE_0F3A, b[2]}
                              : (Where){SPACE_0F, b[1]};
    }
    if (code64 || (b[1] & 0xc0) == 0xc0) {
        if (b[0] == 0xc5) {
            return (Where){SPACE_VEX_0F, b[2]};
        }
        if (b[0] == 0xc4) {
            unsigned map = b[1] & 31;
            return (Where){map >= 1 && map <= 3 ? SPACE_VEX_0F + map - 1 : SPACE_NONE, b[3]};
        }
        if (b[0] == 0x62) {
            return (Where){evex_spaces[b[1] & 7], b[4]};
        }
    }
    return (Where){SPACE_1B, b[0]};
}

static Where locate(const uint8_t *b, bool code64, bool code16)
{
    uint8_t has = code16 ? IN_16 : 0;
    Where w;

    b = skip_prefixes(b, code64, &has);
    w = locate_opcode(b, code64);
    w.has = has;
    return w;
}

static bool needs_met(uint8_t needs, uint8_t has)
{
    return (!(needs & IN_16) || (has & IN_16)) && (!(needs & ~IN_16) || (needs & has & ~IN_16));
}

static const char *known_difference(Where w, Kind kind)
{
    if (w.space == SPACE_NONE) {
        return "maps that do not exist";
    }
    for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
        if (known[i].space == w.space && w.opcode >= known[i].from && w.opcode <= known[i].to &&
            (known[i].kinds & kind) && needs_met(known[i].needs, w.has)) {
            return known[i].why;
        }
    }
    return NULL;
}

typedef struct Checker {
    csh cs;
    cs_insn *insn;
    const X86DecodeMode *mode;
    bool code64, code16;
    unsigned done, same, excused, failed;
} Checker;

static void compare(Checker *c, const uint8_t *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t address = 0;
    size_t left = len;
    DecodedInsn d;
    unsigned ours = x86_decode(c->mode, bytes, len, 0, &d) == X86_DECODE_OK ? d.len : 0;
    unsigned theirs = cs_disasm_iter(c->cs, &p, &left, &address, c->insn) ? c->insn->size : 0;
    Where w = locate(bytes, c->code64, c->code16);
    Kind kind = !theirs ? WE_ONLY : !ours ? CS_ONLY : LENGTH;

    c->done++;
    if (ours == theirs) {
        c->same++;
    } else if (known_difference(w, kind)) {
        c->excused++;
    } else if (c->failed++ < 20) {
        g_test_message("space %d opcode %02x: %u bytes (%s), Capstone %u (%s %s): "
                       "%02x %02x %02x %02x %02x %02x %02x %02x",
                       w.space, w.opcode, ours, x86_op_name(d.op), theirs,
                       theirs ? c->insn->mnemonic : "", theirs ? c->insn->op_str : "", bytes[0],
                       bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
    }
}

/* ---- encodings made from the tables ---- */

static unsigned put_opcode(uint8_t *b, const X86Row *row, X86Space space, unsigned variant)
{
    static const uint8_t pp_bits[] = {[PP_66] = 1, [PP_F3] = 2, [PP_F2] = 3, [PP_NF] = 0};
    static const uint8_t pp_byte[] = {0, 0x66, 0xf3, 0xf2};
    unsigned pp = pp_bits[row->pp], n = 0, w = row->w == W1;
    unsigned l = row->l & 1u << variant % 2 ? variant % 2 : row->l == L1;

    if (space >= SPACE_EVEX_0F) {
        static const uint8_t map[] = {1, 2, 3, 5, 6};
        unsigned ll = row->l & L2 ? 2 : row->l & L1 ? 1 : 0;

        b[n++] = 0x62;
        b[n++] = 0xf0 | map[space - SPACE_EVEX_0F];
        b[n++] = w << 7 | 0x7c | pp;
        b[n++] = 0x08 | ll << 5 | !!(row->attr & RA_KREQ);
    } else if (space >= SPACE_VEX_0F) {
        b[n++] = 0xc4;
        b[n++] = 0xe0 | (space - SPACE_VEX_0F + 1);
        b[n++] = w << 7 | 0x78 | l << 2 | pp;
    } else {
        if (pp) {
            b[n++] = pp_byte[pp];
        }
        if (row->w == W1) {
            b[n++] = 0x48;
        }
        if (space != SPACE_1B) {
            b[n++] = 0x0f;
        }
        if (space >= SPACE_0F38) {
            b[n++] = space == SPACE_0F38 ? 0x38 : 0x3a;
        }
    }
    return n;
}

/* With a ModRM byte for a register, for plain memory, and for memory with SIB and disp8. */
static void check_row(Checker *c, const X86Row *row, X86Space space)
{
    for (unsigned o = row->opc; o < row->opc + MAX(row->span, 1); o++) {
        for (unsigned variant = 0; variant < 4; variant++) {
            static const uint8_t modrm[4] = {0xc1, 0x01, 0x44, 0x81};
            uint8_t b[24] = {0};
            unsigned n = put_opcode(b, row, space, variant);

            b[n++] = o;
            b[n++] = (modrm[variant] & ~(row->rm && modrm[variant] >= 0xc0 ? 7 : 0)) |
                     (row->rm && modrm[variant] >= 0xc0 ? row->rm - 1 : 0) |
                     (row->reg ? (row->reg - 1) << 3 : 0x10);
            b[n++] = 0x48;
            b[n++] = 0x10;
            b[n++] = 0x05;
            compare(c, b, 15);
        }
    }
}

static void check_tables(Checker *c)
{
    for (unsigned t = 0; t < x86_decode_table_count; t++) {
        const X86Table *tab = x86_decode_tables[t];

        for (unsigned i = 0; i < tab->count; i++) {
            if (c->code64 || tab->rows[i].w != W1 || tab->space >= SPACE_VEX_0F) {
                check_row(c, &tab->rows[i], tab->space);
            }
        }
    }
}

/* ---- random bytes ---- */

#define RANDOM_INSNS 60000

static void check_random(Checker *c)
{
    static const uint8_t starts[] = {0x66, 0xf2, 0xf3, 0x48, 0x0f, 0x0f, 0x0f, 0xc4, 0xc5, 0x67};
    /* The same bytes in every run, so that the list of differences is complete. */
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    uint8_t b[16];

    for (unsigned i = 0; i < RANDOM_INSNS; i++) {
        for (unsigned n = 0; n < sizeof(b); n++) {
            b[n] = g_rand_int(rand);
        }
        if (i % 2) {
            b[0] = starts[g_rand_int_range(rand, 0, sizeof(starts))];
            b[1] = i % 4 == 1 ? 0x0f : b[1];
        }
        compare(c, b, 15);
    }
}

static void check_mode(const X86DecodeMode *mode, cs_mode cs_mode)
{
    Checker c = {
        .mode = mode,
        .code64 = cs_mode == CS_MODE_64,
        .code16 = cs_mode == CS_MODE_16,
    };

    g_assert_cmpint(cs_open(CS_ARCH_X86, cs_mode, &c.cs), ==, CS_ERR_OK);
    c.insn = cs_malloc(c.cs);
    check_tables(&c);
    check_random(&c);
    cs_free(c.insn, 1);
    cs_close(&c.cs);
    g_test_message("%u instructions, %u alike, %u known differences, %u others", c.done, c.same,
                   c.excused, c.failed);
    g_assert_cmpint(c.failed, ==, 0);
}

static void test_16(void)
{
    static const X86DecodeMode mode = {.hflags = HF_ALL_VEC | HF_PE};

    check_mode(&mode, CS_MODE_16);
}

static void test_32(void)
{
    check_mode(&mode_32, CS_MODE_32);
}

static void test_64(void)
{
    check_mode(&mode_64, CS_MODE_64);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/x86/decode/capstone/16", test_16);
    g_test_add_func("/x86/decode/capstone/32", test_32);
    g_test_add_func("/x86/decode/capstone/64", test_64);
    return g_test_run();
}
