/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction decoder: prefixes, opcode, and the choice of a table row.
 * SDM vol. 2, chapter 2 (instruction format) is what it follows.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-state.h"

const X86Table *const x86_decode_tables[] = {
    &x86_table_onebyte,  &x86_table_x87,     &x86_table_0f,        &x86_table_sse_0f,
    &x86_table_0f38,     &x86_table_0f3a,    &x86_table_vex_0f,    &x86_table_vex_0f38,
    &x86_table_vex_0f3a, &x86_table_evex_0f, &x86_table_evex_0f38, &x86_table_evex_0f3a,
    &x86_table_evex_5,   &x86_table_evex_6,
};
const unsigned x86_decode_table_count = ARRAY_SIZE(x86_decode_tables);

/* ---- index of the tables ---- */

typedef struct Bucket {
    const X86Row *rows;
    uint8_t count;
    bool modrm;
} Bucket;

static Bucket buckets[SPACE_COUNT][256];

static bool row_has_modrm(const X86Row *r)
{
    static const uint64_t modrm_modes =
        1ull << AM_E | 1ull << AM_R | 1ull << AM_M | 1ull << AM_G | 1ull << AM_SREG |
        1ull << AM_CREG | 1ull << AM_DREG | 1ull << AM_STI | 1ull << AM_P | 1ull << AM_Q |
        1ull << AM_N | 1ull << AM_V | 1ull << AM_W | 1ull << AM_U | 1ull << AM_VM | 1ull << AM_KG |
        1ull << AM_KE | 1ull << AM_KR;
    bool modrm = r->mod || r->reg || r->rm;

    for (int i = 0; i < 4; i++) {
        modrm |= modrm_modes >> X86_ARG_MODE(r->arg[i]) & 1;
    }
    return modrm;
}

static void __attribute__((constructor)) index_tables(void)
{
    for (unsigned t = 0; t < x86_decode_table_count; t++) {
        const X86Table *tab = x86_decode_tables[t];

        for (const X86Row *r = tab->rows; r < tab->rows + tab->count; r++) {
            for (unsigned i = 0; i < MAX(r->span, 1); i++) {
                Bucket *b = &buckets[tab->space][r->opc + i];

                if (!b->count++) {
                    b->rows = r;
                }
                b->modrm |= row_has_modrm(r);
            }
        }
    }
}

/* ---- prefixes ---- */

static bool fetch8(DecodeState *s, uint8_t *val)
{
    uint64_t v;

    if (!x86_decode_fetch(s, 1, &v)) {
        return false;
    }
    *val = v;
    return true;
}

static bool undefined(DecodeState *s)
{
    s->err = X86_DECODE_UD;
    return false;
}

/* In 64-bit mode, overrides other than FS and GS are ignored. */
static void segment_prefix(DecodeState *s, X86Seg seg)
{
    if (!s->code64 || seg >= R_FS) {
        s->seg = seg;
    }
}

/* Consumes @b if it is a legacy prefix. */
static bool legacy_prefix(DecodeState *s, uint8_t b)
{
    switch (b) {
    case 0x26:
        segment_prefix(s, R_ES);
        return true;
    case 0x2e:
        segment_prefix(s, R_CS);
        return true;
    case 0x36:
        segment_prefix(s, R_SS);
        return true;
    case 0x3e:
        segment_prefix(s, R_DS);
        return true;
    case 0x64:
        segment_prefix(s, R_FS);
        return true;
    case 0x65:
        segment_prefix(s, R_GS);
        return true;
    case 0x66:
        s->p66 = true;
        return true;
    case 0x67:
        s->p67 = true;
        return true;
    case 0xf0:
        s->lock = true;
        return true;
    case 0xf2:
    case 0xf3:
        s->rep = b;
        return true;
    default:
        return false;
    }
}

/* Reads all prefixes; *b is the first byte of the opcode. */
static bool decode_prefixes(DecodeState *s, uint8_t *b)
{
    uint8_t rex = 0;

    for (;;) {
        if (!fetch8(s, b)) {
            return false;
        }
        if (legacy_prefix(s, *b)) {
            rex = 0; /* a REX that is not next to the opcode has no effect */
        } else if (s->code64 && (*b & 0xf0) == 0x40) {
            rex = *b;
        } else {
            break;
        }
    }
    if (rex) {
        s->d->prefixes |= X86_PFX_REX;
        s->d->rex = rex & 15;
        s->w = rex >> 3 & 1;
        s->reg_ext = (rex & 4) << 1;
        s->index_ext = (rex & 2) << 2;
        s->base_ext = (rex & 1) << 3;
    }
    s->d->prefixes |= (s->lock ? X86_PFX_LOCK : 0) | (s->p66 ? X86_PFX_66 : 0) |
                      (s->p67 ? X86_PFX_67 : 0) | (s->seg >= 0 ? X86_PFX_SEG : 0) |
                      (s->rep == 0xf2 ? X86_PFX_REPNZ : 0) | (s->rep == 0xf3 ? X86_PFX_REPZ : 0);
    return true;
}

/* ---- VEX and EVEX ---- */

static const uint8_t pp_of_bits[4] = {PP_NP, PP_66, PP_F3, PP_F2};

/* The vector prefixes refuse REX, LOCK and what they encode themselves. */
static bool vector_prefix_ok(DecodeState *s)
{
    return s->pm && !s->lock && !s->p66 && !s->rep && !(s->d->prefixes & X86_PFX_REX);
}

/* R, X, B as in the prefix: inverted, in bits 2-0. */
static void set_extensions(DecodeState *s, unsigned rxb, unsigned w)
{
    rxb = s->code64 ? ~rxb & 7 : 0;
    s->d->rex = rxb | w << 3;
    s->w = w;
    s->reg_ext = (rxb & 4) << 1;
    s->index_ext = (rxb & 2) << 2;
    s->base_ext = (rxb & 1) << 3;
}

static void set_vvvv(DecodeState *s, uint8_t p)
{
    s->vvvv = ~p >> 3 & 15;
    s->d->vvvv = s->vvvv & (s->code64 ? 15 : 7);
    s->pp = pp_of_bits[p & 3];
}

static bool decode_vex(DecodeState *s, uint8_t b, X86Space *space)
{
    uint8_t p0, p1;

    s->d->encoding = X86_ENC_VEX;
    if (!vector_prefix_ok(s)) {
        return undefined(s);
    }
    if (!fetch8(s, &p0)) {
        return false;
    }
    if (b == 0xc5) {
        set_extensions(s, (p0 >> 5 & 4) | 3, 0);
        s->ll = p0 >> 2 & 1;
        set_vvvv(s, p0);
        s->d->opcode_map = 1;
        *space = SPACE_VEX_0F;
        return true;
    }
    if (!fetch8(s, &p1)) {
        return false;
    }
    set_extensions(s, p0 >> 5, p1 >> 7);
    s->ll = p1 >> 2 & 1;
    set_vvvv(s, p1);
    s->d->opcode_map = p0 & 31;
    if (s->d->opcode_map < 1 || s->d->opcode_map > 3) {
        return undefined(s);
    }
    *space = SPACE_VEX_0F + s->d->opcode_map - 1;
    return true;
}

static bool decode_evex(DecodeState *s, X86Space *space)
{
    static const uint8_t space_of_map[8] = {
        SPACE_NONE, SPACE_EVEX_0F, SPACE_EVEX_0F38, SPACE_EVEX_0F3A,
        SPACE_NONE, SPACE_EVEX_5,  SPACE_EVEX_6,    SPACE_NONE,
    };
    uint8_t p0, p1, p2;

    s->d->encoding = X86_ENC_EVEX;
    if (!vector_prefix_ok(s)) {
        return undefined(s);
    }
    if (!fetch8(s, &p0) || !fetch8(s, &p1) || !fetch8(s, &p2)) {
        return false;
    }
    *space = space_of_map[p0 & 7];
    if ((p0 & 8) || !(p1 & 4) || *space == SPACE_NONE) {
        return undefined(s);
    }
    set_extensions(s, p0 >> 5, p1 >> 7);
    set_vvvv(s, p1);
    s->d->opcode_map = p0 & 7;
    s->d->evex_z = p2 >> 7;
    s->d->evex_b = p2 >> 4 & 1;
    s->d->evex_aaa = p2 & 7;
    s->d->evex_ll = s->ll = p2 >> 5 & 3;
    if (s->code64) {
        s->evex_r1 = ~p0 & 0x10;
    }
    s->evex_v1 = (~p2 & 8) << 1;
    if (s->evex_v1 && !s->code64) {
        return undefined(s);
    }
    return true;
}

/* ---- opcode and row ---- */

/* C4, C5 and 62 are LES, LDS and BOUND with a memory operand outside 64-bit mode. */
static bool is_vector_prefix(const DecodeState *s, uint8_t b)
{
    if (b != 0xc4 && b != 0xc5 && b != 0x62) {
        return false;
    }
    return s->code64 || (s->pos < s->avail && (s->bytes[s->pos] & 0xc0) == 0xc0);
}

static bool decode_opcode(DecodeState *s, X86Space *space)
{
    uint8_t b;

    if (!decode_prefixes(s, &b)) {
        return false;
    }
    if (is_vector_prefix(s, b)) {
        if (b == 0x62 ? !decode_evex(s, space) : !decode_vex(s, b, space)) {
            return false;
        }
        return fetch8(s, &s->d->opcode);
    }
    *space = SPACE_1B;
    if (b == 0x0f) {
        if (!fetch8(s, &b)) {
            return false;
        }
        *space = b == 0x38 ? SPACE_0F38 : b == 0x3a ? SPACE_0F3A : SPACE_0F;
        s->d->opcode_map = *space;
        if (*space != SPACE_0F && !fetch8(s, &b)) {
            return false;
        }
    }
    s->d->opcode = b;
    return true;
}

static bool has_feature(const DecodeState *s, X86Feat f)
{
    static const struct {
        uint8_t word;
        uint32_t mask;
    } bits[XF_COUNT] = {
#define X(name, w, m) [XF_##name] = {w, m},
        X86_DECODE_FEATURES(X)
#undef X
    };

    return f == XF_ || x86_decode_has(s, bits[f].word, bits[f].mask);
}

static bool prefix_matches(const DecodeState *s, X86RowPrefix pp)
{
    if (s->d->encoding != X86_ENC_LEGACY) {
        return s->pp == pp;
    }
    switch (pp) {
    case PP_ANY:
        return true;
    case PP_NP:
        return !s->rep && !s->p66;
    case PP_66:
        return !s->rep && s->p66;
    case PP_F3:
        return s->rep == 0xf3;
    case PP_F2:
        return s->rep == 0xf2;
    case PP_NF:
        return !s->rep;
    }
    return false;
}

static bool mode_matches(const DecodeState *s, uint32_t attr)
{
    return !((attr & RA_N64) && s->code64) && !((attr & RA_O64) && !s->code64) &&
           !((attr & RA_PM) && !s->pm) && !((attr & RA_NOB) && s->base_ext);
}

/* Vector length, W and the features that depend on them. */
static bool length_matches(const DecodeState *s, const X86Row *r)
{
    bool evex = s->d->encoding == X86_ENC_EVEX;
    bool rounding = evex && s->d->evex_b && s->mod == 3 && (r->attr & (RA_ER | RA_SAE));
    unsigned ll = rounding ? 2 : s->ll;

    if (evex && ll == 3) {
        return false;
    }
    if (r->l == L_IG || (r->attr & RA_SC)) {
        return true;
    }
    if (!(r->l & 1u << ll)) {
        return false;
    }
    if (ll == 1 && !has_feature(s, r->feat256)) {
        return false;
    }
    return !evex || ll == 2 || !(r->l & L2) || has_feature(s, XF_AVX512VL);
}

static bool row_matches(const DecodeState *s, const X86Row *r)
{
    unsigned w = (r->attr & RA_WGPR) && !s->code64 ? 0 : s->w;

    if (!prefix_matches(s, r->pp) || !mode_matches(s, r->attr)) {
        return false;
    }
    if ((r->mod == MOD_MEM && s->mod == 3) || (r->mod == MOD_REG && s->mod != 3) ||
        (r->reg && r->reg - 1 != s->reg) || (r->rm && r->rm - 1 != s->rm)) {
        return false;
    }
    if (r->w && r->w - W0 != w) {
        return false;
    }
    if (s->d->encoding != X86_ENC_LEGACY && !length_matches(s, r)) {
        return false;
    }
    return has_feature(s, r->feat) && has_feature(s, r->feat2);
}

static bool find_row(DecodeState *s, X86Space space)
{
    const Bucket *b = &buckets[space][s->d->opcode];

    if (!b->count) {
        return undefined(s);
    }
    if (b->modrm) {
        s->d->has_modrm = true;
        s->d->modrm_off = s->pos;
        if (!fetch8(s, &s->d->modrm)) {
            return false;
        }
        s->mod = s->d->modrm >> 6;
        s->reg = s->d->modrm >> 3 & 7;
        s->rm = s->d->modrm & 7;
    }
    for (unsigned i = 0; i < b->count; i++) {
        if (row_matches(s, &b->rows[i])) {
            s->row = &b->rows[i];
            return true;
        }
    }
    return undefined(s);
}

/* ---- sizes and state ---- */

static bool first_operand_is_byte(const X86Row *row)
{
    static const uint64_t modes =
        1ull << AM_E | 1ull << AM_G | 1ull << AM_Z | 1ull << AM_MOFFS | 1ull << AM_FIX;

    return (modes >> X86_ARG_MODE(row->arg[0]) & 1) && (X86_ARG_SIZE(row->arg[0]) & 31) == SZ_b;
}

static void set_sizes(DecodeState *s)
{
    uint32_t attr = s->row->attr;
    /* A mandatory prefix does not change the operand size. */
    bool p66 = s->p66 && s->row->pp != PP_66;
    DecodedInsn *d = s->d;

    if (s->code64) {
        d->addrsize = s->p67 ? 4 : 8;
        d->opsize = (attr & RA_F64) || s->w ? 8 : p66 ? 2 : attr & RA_D64 ? 8 : 4;
    } else {
        bool cs32 = s->hflags & HF_CS32;

        d->addrsize = cs32 == s->p67 ? 2 : 4;
        d->opsize = cs32 == p66 ? 2 : 4;
    }
    if ((attr & RA_BYTE) || first_operand_is_byte(s->row)) {
        d->opsize = 1;
    } else if ((attr & RA_ZOP) && d->opsize == 8) {
        d->opsize = 4;
    }
    if ((attr & RA_WGPR) && !s->code64) {
        s->w = 0;
    }
}

/* Which register files the row's operands are in. */
static void vector_files(const X86Row *row, bool *xmm, bool *mmx, bool *mask)
{
    static const uint64_t xmm_modes =
        1ull << AM_V | 1ull << AM_H | 1ull << AM_W | 1ull << AM_U | 1ull << AM_L | 1ull << AM_X0;
    static const uint64_t mmx_modes = 1ull << AM_P | 1ull << AM_Q | 1ull << AM_N;
    static const uint64_t mask_modes =
        1ull << AM_KG | 1ull << AM_KH | 1ull << AM_KE | 1ull << AM_KR;

    for (int i = 0; i < 4 && row->arg[i]; i++) {
        unsigned m = X86_ARG_MODE(row->arg[i]);

        *xmm |= xmm_modes >> m & 1;
        *mmx |= mmx_modes >> m & 1;
        *mask |= mask_modes >> m & 1;
    }
}

/* CR0.EM, CR4.OSFXSR and XCR0 (SDM vol. 3, tables 14-1 and 14-2), and the vector length. */
static bool vector_enabled(DecodeState *s)
{
    bool xmm = false, mmx = false, mask = false;
    DecodedInsn *d = s->d;

    if (!(x86_op_info[s->row->op].flags & X86_IF_VECTOR)) {
        return true;
    }
    vector_files(s->row, &xmm, &mmx, &mask);
    if (d->encoding == X86_ENC_LEGACY) {
        s->vl = 16;
        d->opsize = mmx && !xmm ? 8 : 16;
        if (s->hflags & HF_EM) {
            return false;
        }
        return (mmx && !xmm) || d->op == X86_OP_EMMS || (s->hflags & HF_OSFXSR);
    }
    if (s->row->l == L_IG || (s->row->attr & RA_SC)) {
        s->vl = 16;
    } else if (d->encoding == X86_ENC_EVEX && d->evex_b && s->mod == 3) {
        s->vl = 64;
    } else {
        s->vl = 16u << s->ll;
    }
    d->opsize = s->vl;
    if (d->encoding == X86_ENC_EVEX || mask) {
        return s->hflags & HF_AVX512_EN;
    }
    return s->hflags & HF_AVX_EN;
}

static bool decode(DecodeState *s)
{
    X86Space space;

    if (!decode_opcode(s, &space) || !find_row(s, space)) {
        return false;
    }
    s->d->op = s->row->op;
    set_sizes(s);
    if (!vector_enabled(s)) {
        return undefined(s);
    }
    if (!x86_decode_operands(s)) {
        return false;
    }
    if (!x86_decode_legal(s)) {
        return undefined(s);
    }
    s->d->len = s->pos;
    s->d->interp = x86_op_interp[s->d->op];
    x86_decode_effects(s);
    return true;
}

X86DecodeResult x86_decode(const X86DecodeMode *mode, const uint8_t *bytes, size_t avail,
                           uint64_t eip, DecodedInsn *d)
{
    DecodeState s = {
        .d = d,
        .features = mode->features,
        .hflags = mode->hflags,
        .code64 = mode->hflags & HF_CS64,
        .pm = (mode->hflags & (HF_PE | HF_VM)) == HF_PE,
        .bytes = bytes,
        .avail = avail,
        .eip = eip,
        .seg = -1,
    };

    memset(d, 0, sizeof(*d));
    if (!decode(&s)) {
        unsigned len = s.pos;

        memset(d, 0, sizeof(*d));
        d->op = X86_OP_UD;
        d->flags = X86_IF_BRANCH;
        d->interp = x86_op_interp[X86_OP_UD];
        d->len = len;
        memcpy(d->bytes, bytes, len);
        return s.err;
    }
    memcpy(d->bytes, bytes, d->len);
    return X86_DECODE_OK;
}
