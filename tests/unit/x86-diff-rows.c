/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions from the decoder's own tables, so that each row, with each prefix,
 * vector length and EVEX attribute it allows, comes up. The rest is random: what
 * a row does not allow is for the decoder to refuse.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-int.h"
#include "x86-diff.h"

static const X86Row *random_row(DiffRng *r, X86Space *space)
{
    /* By table, so that small ones are not drowned by the large. */
    const X86Table *t = x86_decode_tables[diff_below(r, x86_decode_table_count)];

    *space = t->space;
    return &t->rows[diff_below(r, t->count)];
}

static unsigned put_modrm(DiffRng *r, const X86Row *row, uint8_t *b)
{
    unsigned mod = diff_below(r, 4);

    if (row->mod == MOD_MEM || (row->mod == MOD_ANY && diff_percent(r, 40))) {
        mod = diff_below(r, 3);
    } else if (row->mod == MOD_REG) {
        mod = 3;
    }
    b[0] = mod << 6 | (row->reg ? row->reg - 1 : diff_below(r, 8)) << 3 |
           (row->rm ? row->rm - 1 : diff_below(r, 8));
    return 1;
}

static unsigned put_legacy(DiffRng *r, const X86Row *row, X86Space space, uint8_t *b, int bits)
{
    static const uint8_t loose[] = {0x66, 0xf2, 0xf3, 0xf0, 0x64, 0x65, 0x67, 0x3e};
    unsigned n = 0, w = row->w ? row->w - W0 : diff_below(r, 2);

    if (diff_percent(r, 15)) {
        b[n++] = loose[diff_below(r, sizeof(loose))];
    }
    if ((row->attr & RA_CRLOCK) ||
        ((x86_op_info[row->op].flags & X86_IF_LOCKABLE) && diff_percent(r, 40))) {
        b[n++] = 0xf0;
    }
    switch (row->pp) {
    case PP_66:
        b[n++] = 0x66;
        break;
    case PP_F2:
        b[n++] = 0xf2;
        break;
    case PP_F3:
        b[n++] = 0xf3;
        break;
    default:
        break;
    }
    if (bits == 64 && (w || diff_percent(r, 40))) {
        b[n++] = 0x40 | w << 3 | diff_below(r, 8);
    }
    if (space != SPACE_1B) {
        b[n++] = 0x0f;
    }
    if (space == SPACE_0F38 || space == SPACE_0F3A) {
        b[n++] = space == SPACE_0F38 ? 0x38 : 0x3a;
    }
    return n;
}

/* R, X, B of VEX and EVEX, inverted. */
static unsigned random_rxb(DiffRng *r, int bits)
{
    return bits == 64 ? (diff_random(r) & 0xe0) : 0xe0;
}

static unsigned pp_bits(const X86Row *row)
{
    return row->pp == PP_66 ? 1 : row->pp == PP_F3 ? 2 : row->pp == PP_F2 ? 3 : 0;
}

/* Inverted vvvv: 15 where the row has no operand there, mostly. */
static unsigned random_vvvv(DiffRng *r, const X86Row *row)
{
    for (int i = 0; i < 4; i++) {
        unsigned mode = X86_ARG_MODE(row->arg[i]);
        if (mode == AM_H || mode == AM_B || mode == AM_KH) {
            return diff_below(r, 16);
        }
    }
    return diff_percent(r, 97) ? 15 : diff_below(r, 16);
}

static unsigned random_length(DiffRng *r, const X86Row *row)
{
    unsigned ll = diff_below(r, 3);

    while (row->l && !(row->l >> ll & 1)) {
        ll = diff_below(r, 3);
    }
    return ll;
}

static unsigned put_vex(DiffRng *r, const X86Row *row, X86Space space, uint8_t *b, int bits)
{
    unsigned w = row->w ? row->w - W0 : diff_below(r, 2), rxb = random_rxb(r, bits);
    unsigned last = random_vvvv(r, row) << 3 | random_length(r, row) << 2 | pp_bits(row);
    unsigned n = 0;

    if (diff_percent(r, 5)) {
        b[n++] = diff_percent(r, 50) ? 0x64 : 0x67;
    }
    if (space == SPACE_VEX_0F && !w && diff_percent(r, 40)) {
        b[n++] = 0xc5;
        b[n++] = (bits == 64 ? rxb & 0x80 : 0xc0) | (last & 0x7f);
        return n;
    }
    b[n++] = 0xc4;
    b[n++] = rxb | (space - SPACE_VEX_0F + 1);
    b[n++] = w << 7 | (last & 0x7f);
    return n;
}

static unsigned put_evex(DiffRng *r, const X86Row *row, X86Space space, uint8_t *b, int bits)
{
    static const uint8_t map[] = {1, 2, 3, 5, 6};
    unsigned w = row->w ? row->w - W0 : diff_below(r, 2);
    unsigned z = !(row->attr & RA_NOZ) && diff_percent(r, 30);
    unsigned bc = diff_percent(r, row->attr & (RA_BC | RA_ER | RA_SAE) ? 40 : 3);
    unsigned aaa = (row->attr & RA_NOK) && diff_percent(r, 90) ? 0 : diff_below(r, 8);
    unsigned n = 0;

    if (diff_percent(r, 5)) {
        b[n++] = diff_percent(r, 50) ? 0x64 : 0x67;
    }
    b[n++] = 0x62;
    b[n++] = random_rxb(r, bits) | (bits == 64 ? diff_below(r, 2) << 4 : 0x10) |
             map[space - SPACE_EVEX_0F];
    b[n++] = w << 7 | random_vvvv(r, row) << 3 | 4 | pp_bits(row);
    b[n++] = (z && aaa) << 7 | random_length(r, row) << 5 | bc << 4 |
             (bits == 64 && diff_percent(r, 40) ? 0 : 8) | aaa;
    return n;
}

unsigned diff_put_row(DiffRng *r, uint8_t *b, int bits)
{
    X86Space space;
    const X86Row *row = random_row(r, &space);
    unsigned n;

    if (space >= SPACE_EVEX_0F) {
        n = put_evex(r, row, space, b, bits);
    } else if (space >= SPACE_VEX_0F) {
        n = put_vex(r, row, space, b, bits);
    } else {
        n = put_legacy(r, row, space, b, bits);
    }
    b[n++] = row->opc + diff_below(r, MAX(row->span, 1));
    return n + put_modrm(r, row, b + n);
}
