/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random instructions that the decoder accepts, and state in which they have a
 * fair chance to do something.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/i386/feature-words.h"
#include "x86-diff.h"

uint64_t diff_random(DiffRng *r)
{
    r->s += 0x9e3779b97f4a7c15ull;
    uint64_t z = r->s;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

unsigned diff_below(DiffRng *r, unsigned n)
{
    return (diff_random(r) >> 32) * n >> 32;
}

bool diff_percent(DiffRng *r, unsigned p)
{
    return diff_below(r, 100) < p;
}

/* ---- values ---- */

static uint32_t random_float(DiffRng *r)
{
    static const uint32_t special[] = {
        0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000,
        0x7f800001, 0x00000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000,
    };
    return diff_percent(r, 40) ? special[diff_below(r, G_N_ELEMENTS(special))]
                               : 0x3f000000 + (diff_random(r) & 0x81ffffff);
}

static uint64_t random_double(DiffRng *r)
{
    static const uint64_t special[] = {
        0,
        1ull << 63,
        0x3ff0000000000000ull,
        0x7ff0000000000000ull,
        0xfff0000000000000ull,
        0x7ff8000000000000ull,
        0x7ff0000000000001ull,
        1,
        0x000fffffffffffffull,
        0x0010000000000000ull,
        0x7fefffffffffffffull,
        0x41e0000000000000ull,
        0xc3e0000000000000ull,
    };
    return diff_percent(r, 40) ? special[diff_below(r, G_N_ELEMENTS(special))]
                               : 0x3fe0000000000000ull + (diff_random(r) & 0x803fffffffffffffull);
}

static void random_lane(DiffRng *r, uint64_t *out)
{
    switch (diff_below(r, 5)) {
    case 0:
        *out = random_double(r);
        break;
    case 1:
        *out = (uint64_t)random_float(r) << 32 | random_float(r);
        break;
    case 2:
        *out = diff_below(r, 256);
        break;
    case 3:
        *out = (diff_random(r) & 0x0101010101010101ull) * 0xff;
        break;
    default:
        *out = diff_random(r);
        break;
    }
}

static uint64_t random_pointer(DiffRng *r)
{
    uint64_t p = DIFF_DATA + 0x200 + diff_below(r, DIFF_DATA_SIZE - 0x400);

    if (diff_percent(r, 4)) {
        p = (diff_below(r, 2) ? DIFF_RO + DIFF_RO_SIZE : DIFF_RO) - diff_below(r, 70);
        return p; /* where the operand just fits, or does not */
    }
    if (diff_percent(r, 6)) {
        p = DIFF_DATA + 0xfe0 + diff_below(r, 0x40); /* across the pages */
    } else if (diff_percent(r, 4)) {
        p = DIFF_RO - 0x20 + diff_below(r, 0x40);
    } else if (diff_percent(r, 3)) {
        p = DIFF_RO + DIFF_RO_SIZE - 0x20 + diff_below(r, 0x40); /* off the end */
    }
    return diff_percent(r, 70) ? p & ~63ull : p;
}

static uint64_t random_gpr(DiffRng *r)
{
    static const uint64_t edge[] = {0,
                                    1,
                                    0x7f,
                                    0x80,
                                    0xff,
                                    0x7fff,
                                    0x8000,
                                    0xffff,
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    0x7fffffffffffffffull,
                                    0x8000000000000000ull,
                                    ~0ull};
    switch (diff_below(r, 8)) {
    case 0:
    case 1:
    case 2:
        return random_pointer(r);
    case 3:
        return diff_below(r, 256);
    case 4:
        return edge[diff_below(r, G_N_ELEMENTS(edge))];
    case 5:
        return (uint32_t)diff_random(r);
    case 6:
        return (int64_t)(int16_t)diff_random(r);
    default:
        return diff_random(r);
    }
}

void diff_make_memory(DiffRng *r, uint8_t *memory)
{
    for (unsigned i = 0; i < DIFF_ALL_SIZE; i += 8) {
        uint64_t v;
        random_lane(r, &v);
        if (diff_percent(r, 10)) {
            v = random_pointer(r);
        }
        memcpy(memory + i, &v, 8);
    }
}

static void random_vec(DiffRng *r, DiffVector *v)
{
    memset(v, 0, sizeof(*v));
    v->fcw = diff_percent(r, 85) ? 0x37f : 0x40 | (diff_random(r) & 0xf3f);
    v->fsw = diff_percent(r, 60) ? diff_below(r, 8) << 11 : (diff_random(r) & 0x7f7f);
    if (v->fsw & ~v->fcw & 0x3f) {
        v->fsw |= 0x8080; /* what the processor makes of a pending unmasked exception */
    } else {
        v->fsw &= ~0x8080;
    }
    v->ftw = diff_percent(r, 50) ? 0xff : diff_random(r);
    v->mxcsr = diff_percent(r, 75)   ? 0x1f80
               : diff_percent(r, 50) ? 0x1f80 | (diff_random(r) & 0xe07f)
                                     : diff_random(r) & 0xffff;
    for (int i = 0; i < 8; i++) {
        uint64_t m;
        random_lane(r, &m);
        memcpy(v->st[i], &m, 8);
        uint16_t e = diff_percent(r, 70)   ? 0x3ff0 + diff_below(r, 32)
                     : diff_percent(r, 50) ? 0
                                           : diff_random(r);
        if (diff_percent(r, 80)) {
            v->st[i][7] |= 0x80;
        }
        if (diff_percent(r, 30)) {
            e |= 0x8000;
        }
        memcpy(v->st[i] + 8, &e, 2);
    }
    for (int i = 0; i < 32; i++) {
        for (int k = 0; k < 8; k++) {
            random_lane(r, &v->zmm[i][k]);
        }
    }
    for (int i = 0; i < 8; i++) {
        v->k[i] = diff_percent(r, 30)   ? ~0ull
                  : diff_percent(r, 30) ? diff_random(r) & diff_random(r)
                                        : diff_random(r);
    }
}

/* ---- which instructions ---- */

/* Not to be run natively, or with a result that differs for a good reason. */
static bool excluded(const DecodedInsn *d)
{
    switch (d->op) {
    case X86_OP_SYSCALL:
    case X86_OP_SYSRET:
    case X86_OP_SYSENTER:
    case X86_OP_SYSEXIT:
    case X86_OP_INT:
    case X86_OP_INT1:
    case X86_OP_INT3:
    case X86_OP_INTO:
    case X86_OP_IRET:
    case X86_OP_JMP_FAR:
    case X86_OP_JMP_FAR_IND:
    case X86_OP_CALL_FAR:
    case X86_OP_CALL_FAR_IND:
    case X86_OP_RETF:
    case X86_OP_RSM:
    case X86_OP_RDTSC:
    case X86_OP_RDTSCP:
    case X86_OP_RDPID:
    case X86_OP_CPUID:
    case X86_OP_RDPMC:
    case X86_OP_RDRAND:
    case X86_OP_RDSEED:
    case X86_OP_XGETBV:
    case X86_OP_SGDT:
    case X86_OP_SIDT:
    case X86_OP_SLDT:
    case X86_OP_STR:
    case X86_OP_SMSW:
    case X86_OP_VERR:
    case X86_OP_VERW:
    case X86_OP_LAR:
    case X86_OP_LSL:
    case X86_OP_ARPL:
    case X86_OP_MOV_TO_SEG:
    case X86_OP_MOV_FROM_SEG:
    case X86_OP_PUSH_SEG:
    case X86_OP_POP_SEG:
    case X86_OP_LXS:
    case X86_OP_RDFSBASE:
    case X86_OP_RDGSBASE:
    case X86_OP_WRFSBASE:
    case X86_OP_WRGSBASE:
    case X86_OP_RDPKRU:
    case X86_OP_WRPKRU:
    case X86_OP_POPF:
    case X86_OP_IN:
    case X86_OP_OUT:
    case X86_OP_INS:
    case X86_OP_OUTS:
    case X86_OP_VMCALL:
    case X86_OP_VMMCALL:
    case X86_OP_MONITOR:
    case X86_OP_MWAIT:
    case X86_OP_CLZERO:
    case X86_OP_CLFLUSH:
    case X86_OP_STI:
    case X86_OP_CLI:
    case X86_OP_XSAVE: /* the standard layout differs between makers */
    case X86_OP_XRSTOR:
    case X86_OP_XSAVEOPT:
    case X86_OP_XSAVES:
    case X86_OP_XRSTORS:
    case X86_OP_SERIALIZE:
    case X86_OP_UD:
    case X86_OP_STAC:
    case X86_OP_CLAC:
        return true;
    default:
        return d->flags & X86_IF_PRIV;
    }
}

/* Where processors of different makers differ, and the decoder follows the other one. */
static bool vendor_specific(const DecodedInsn *d, int bits)
{
    if (d->op == X86_OP_NOP && d->opcode == 0x0d && d->modrm >= 0xc0) {
        return true; /* PREFETCHW of a register */
    }
    if (d->op == X86_OP_MOVSX && d->opcode_map == 0 && d->opsize == 2) {
        return true; /* MOVSXD to 16 bits reads 16 or 32 */
    }
    if ((d->op == X86_OP_LOOPE || d->op == X86_OP_LOOPNE) &&
        (d->prefixes & (X86_PFX_REPZ | X86_PFX_REPNZ))) {
        return true;
    }
    /* EVEX.X has no meaning beside a GPR; some processors then see a stale RSP after PUSH and POP.
     */
    if (d->encoding == X86_ENC_EVEX && d->modrm >= 0xc0 && !(d->bytes[d->modrm_off - 4] & 0x40) &&
        (d->gpr_read | d->gpr_written) >> R_ESP & 1) {
        return true;
    }
    return bits == 64 && (d->flags & X86_IF_BRANCH) && (d->prefixes & X86_PFX_66);
}

uint64_t diff_features[FEATURE_WORDS];

void diff_read_features(void)
{
    for (int w = 0; w < FEATURE_WORDS; w++) {
        diff_features[w] = x86_host_feature_word(w);
    }
}

/* Stores the instruction and data pointers, whose selectors are left at 0 here. */
static bool stores_pointers(const DecodedInsn *d)
{
    return d->op == X86_OP_FNSTENV || d->op == X86_OP_FNSAVE || d->op == X86_OP_FXSAVE ||
           d->op == X86_OP_XSAVEC;
}

static X86DecodeMode mode_of(int bits)
{
    return (X86DecodeMode){
        .features = diff_features,
        .hflags = HF_OSFXSR | HF_AVX_EN | HF_AVX512_EN | HF_PE | HF_LMA | HF_CS32 | HF_SS32 | 3 |
                  (bits == 64 ? HF_CS64 : 0),
    };
}

static bool loops(const DecodedInsn *d)
{
    return (d->flags & X86_IF_BRANCH) && !(d->flags & X86_IF_INDIRECT) && d->imm < 0;
}

static bool decode_at(DiffCase *c, unsigned at, unsigned avail, DecodedInsn *d)
{
    X86DecodeMode mode = mode_of(c->bits);

    return x86_decode(&mode, c->code + at, avail, c->in.rip + at, d) == X86_DECODE_OK &&
           !excluded(d) && !loops(d) && !vendor_specific(d, c->bits);
}

/* What the manuals call undefined and some processors execute none the less. */
static bool tolerated(const DecodedInsn *d, int bits)
{
    const uint8_t *b = d->bytes, *end = b + d->len;
    unsigned map, op;

    while (b < end && (strchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3", *b) ||
                       (bits == 64 && (*b & 0xf0) == 0x40))) {
        b++;
    }
    if (end - b < 2) {
        return true;
    }
    switch (b[0]) {
    case 0x0f: /* system instructions with LOCK and other prefixes; SVM */
        return b[1] <= 1;
    case 0x62: /* EVEX.b with registers where nothing is rounded, EVEX.z without a mask */
        return end - b < 6 || (b[3] & 0x10 && b[5] >= 0xc0) || (b[3] & 0x87) == 0x80;
    case 0xc4:
    case 0xc5: /* mask registers 8 to 15 */
        map = b[0] == 0xc5 ? 1 : b[1] & 31;
        op = b[0] == 0xc5 ? b[2] : b[3];
        return (map == 1 && ((op >= 0x41 && op <= 0x4b) || (op >= 0x90 && op <= 0x99))) ||
               (map == 3 && op >= 0x30 && op <= 0x33);
    default:
        return false;
    }
}

/* Bytes that are no instruction of any processor that the decoder knows. */
static bool illegal_at(DiffCase *c, unsigned at, unsigned avail, DecodedInsn *d)
{
    X86DecodeMode mode = mode_of(c->bits);

    mode.features = NULL;
    return x86_decode(&mode, c->code + at, avail, c->in.rip + at, d) == X86_DECODE_UD &&
           !tolerated(d, c->bits);
}

bool diff_decode(DiffCase *c)
{
    unsigned at = 0;

    c->ninsn = 0;
    while (at < c->len) {
        DecodedInsn *d = &c->insn[c->ninsn];
        if (c->ninsn == DIFF_MAX_INSNS ||
            (!decode_at(c, at, c->len - at, d) && !illegal_at(c, at, c->len - at, d))) {
            return false;
        }
        at += d->len;
        c->ninsn++;
    }
    return at == c->len;
}

/* ---- bytes ---- */

static unsigned put_opcode(DiffRng *r, uint8_t *b, int bits)
{
    unsigned n = 0, kind = diff_below(r, 100);

    if (diff_percent(r, 50)) {
        return diff_put_row(r, b, bits);
    }
    if (kind < 70) {
        static const uint8_t prefix[] = {0x66, 0x66, 0x66, 0xf2, 0xf3,
                                         0xf0, 0x64, 0x65, 0x67, 0x2e};
        while (diff_percent(r, 22) && n < 3) {
            b[n++] = prefix[diff_below(r, sizeof(prefix))];
        }
        if (bits == 64 && diff_percent(r, 45)) {
            b[n++] = 0x40 | diff_below(r, 16);
        }
        if (kind < 30) {
            b[n++] = diff_random(r);
        } else if (kind < 36) {
            b[n++] = 0xd8 + diff_below(r, 8);
        } else {
            b[n++] = 0x0f;
            if (kind < 58) {
                b[n++] = diff_random(r);
            } else {
                b[n++] = kind < 65 ? 0x38 : 0x3a;
                b[n++] = diff_random(r);
            }
        }
    } else if (kind < 84) {
        if (diff_percent(r, 5)) {
            b[n++] = 0x64;
        }
        b[n++] = 0xc4;
        b[n++] = (bits == 64 ? diff_random(r) & 0xe0 : 0xe0) | (1 + diff_below(r, 3));
        b[n++] = diff_random(r);
        b[n++] = diff_random(r);
    } else {
        b[n++] = 0x62;
        b[n++] = (bits == 64 ? diff_random(r) & 0xf0 : 0xf0) |
                 (diff_percent(r, 92) ? 1 + diff_below(r, 3) : 5 + diff_below(r, 2));
        b[n++] = (diff_random(r) & 0xfb) | 0x04;
        b[n++] = diff_random(r);
        b[n++] = diff_random(r);
    }
    return n;
}

/* What functions begin and end with: several in a row are one thing to the translator. */
static unsigned put_stack_opcode(DiffRng *r, uint8_t *b, int bits)
{
    static const uint8_t with_modrm[] = {0x8b, 0x89, 0x31, 0x8b};
    unsigned n = 0, reg = diff_below(r, bits == 64 ? 16 : 8), kind = diff_below(r, 12);
    unsigned rex = 0x40 | (diff_percent(r, 80) ? 8 : 0);

    if (kind >= 8) {
        rex |= reg & 8 ? 4 : 0;
        rex |= kind == 10 && reg & 8 ? 1 : 0;
    } else {
        rex |= reg & 8 ? 1 : 0;
    }
    if (bits == 64 && (rex != 0x48 || diff_percent(r, 50))) {
        b[n++] = rex;
    }
    switch (kind) {
    case 0 ... 2:
        b[n++] = 0x50 | (reg & 7); /* push */
        return n;
    case 3 ... 5:
        b[n++] = 0x58 | (reg & 7); /* pop */
        return n;
    case 6:
        b[n++] = diff_percent(r, 50) ? 0x6a : 0x68; /* push imm */
        return n;
    case 7:
        b[n++] = diff_percent(r, 50) ? 0x90 : 0xb8 | (reg & 7); /* nop; mov reg, imm */
        return n;
    default:
        b[n++] = with_modrm[kind - 8];
        if (kind == 10) {
            b[n++] = 0xc0 | (reg & 7) << 3 | (reg & 7); /* xor reg, reg */
        } else if (kind == 11) {
            b[n++] = 0xc0 | (reg & 7) << 3 | R_ESP; /* mov reg, rsp */
        } else {
            b[n++] = 0x40 | (reg & 7) << 3 | 4; /* mov to and from [rsp + disp8] */
            b[n++] = 0x24;
            b[n++] = diff_below(r, 64) - 16;
        }
        return n;
    }
}

static bool uses_memory(const DecodedInsn *d)
{
    for (unsigned i = 0; i < d->nopnd; i++) {
        if (d->opnd[i].kind == OPND_MEM) {
            return true;
        }
    }
    return false;
}

/* Make the memory operand of @d lie in the data, by its base register or its displacement. */
static void aim(DiffRng *r, DiffCase *c, unsigned at, DecodedInsn *d, uint32_t *fixed)
{
    uint64_t want = random_pointer(r);

    if (!uses_memory(d) || !d->has_modrm || diff_percent(r, 4)) {
        return;
    }
    if (d->mem.seg == R_FS || d->mem.seg == R_GS) {
        want -= c->bits == 32 ? 0 : d->mem.seg == R_FS ? DIFF_FS_BASE : DIFF_GS_BASE;
    }
    if (d->mem.vsib) {
        for (int k = 0; k < 8; k++) {
            int64_t v = (int)diff_below(r, 400) - 200;
            c->in.vec.zmm[d->mem.index][k] = (uint32_t)v | (uint64_t)((int)diff_below(r, 400) - 200)
                                                               << 32;
            if (d->opcode & 1) {
                c->in.vec.zmm[d->mem.index][k] = v;
            }
        }
    }
    if (d->mem.base < CPU_NB_REGS) {
        if (*fixed >> d->mem.base & 1) {
            return;
        }
        if (d->mem.index < CPU_NB_REGS && !d->mem.vsib) {
            if (d->mem.index == d->mem.base) {
                return;
            }
            if (!(*fixed >> d->mem.index & 1)) {
                c->in.gpr[d->mem.index] = (int64_t)(int)diff_below(r, 200) - 50;
                if (c->bits == 32) {
                    c->in.gpr[d->mem.index] = (uint32_t)c->in.gpr[d->mem.index];
                }
                *fixed |= 1u << d->mem.index;
            }
            want -= c->in.gpr[d->mem.index] << d->mem.scale;
        }
        want -= d->mem.disp;
        c->in.gpr[d->mem.base] = c->bits == 32 || d->addrsize == 4 ? (uint32_t)want : want;
        *fixed |= 1u << d->mem.base;
        return;
    }
    /* disp32 is what lies before the immediate */
    if (d->addrsize >= 4 && d->len >= d->imm_len + 4) {
        uint32_t disp = want;
        if (d->mem.base == X86_MEM_RIP) {
            disp = want - (c->in.rip + at + d->len);
        } else if (d->mem.index < CPU_NB_REGS && !d->mem.vsib) {
            if (!(*fixed >> d->mem.index & 1)) {
                c->in.gpr[d->mem.index] = diff_below(r, 100);
                *fixed |= 1u << d->mem.index;
            }
            disp -= c->in.gpr[d->mem.index] << d->mem.scale;
        }
        stl_le_p(c->code + at + d->len - d->imm_len - 4, disp);
    }
}

void diff_make_case(DiffRng *r, DiffCase *c, int bits, unsigned ninsn)
{
    uint32_t fixed = 1u << R_ESP, undef = 0;
    bool x87 = false, stack = ninsn > 2 && diff_percent(r, 12);

    memset(c, 0, offsetof(DiffCase, in));
    c->bits = bits;
    c->in.rip = DIFF_CODE;
    for (int i = 0; i < 16; i++) {
        c->in.gpr[i] = i < 8 || bits == 64 ? random_gpr(r) : 0;
        if (bits == 32) {
            c->in.gpr[i] = (uint32_t)c->in.gpr[i];
        }
    }
    c->in.gpr[R_ESP] = random_pointer(r) & ~7ull;
    c->in.eflags =
        EFLAGS_FIXED | IF_MASK | (diff_random(r) & CC_ALL) | (diff_percent(r, 10) ? DF_MASK : 0);
    random_vec(r, &c->in.vec);
    while (c->ninsn < ninsn) {
        unsigned at = c->len;
        DecodedInsn *d = &c->insn[c->ninsn];
        uint8_t *b = c->code + at;
        unsigned n =
            stack && diff_percent(r, 90) ? put_stack_opcode(r, b, bits) : put_opcode(r, b, bits);

        for (; n < 20; n++) {
            b[n] = diff_random(r);
        }
        if (diff_percent(r, 3) && illegal_at(c, at, 15, d)) {
            c->len += d->len;
            c->ninsn++;
            break;
        }
        if (!decode_at(c, at, 15, d)) {
            continue;
        }
        aim(r, c, at, d, &fixed);
        if (!decode_at(c, at, 15, d)) {
            continue;
        }
        if (d->flags & X86_IF_STRING) {
            c->in.gpr[R_ECX] = diff_below(r, 40);
            fixed |= 1u << R_ECX;
        }
        if ((d->flags_read & undef) || (x87 && stores_pointers(d))) {
            continue;
        }
        x87 |= (d->flags & X86_IF_X87) || d->op == X86_OP_FXRSTOR;
        undef = (undef & ~d->flags_written) | d->flags_undef;
        c->len += d->len;
        c->ninsn++;
        if (d->flags & X86_IF_BRANCH) {
            break;
        }
    }
    memset(c->code + c->len, 0xcc, sizeof(c->code) - c->len);
}
