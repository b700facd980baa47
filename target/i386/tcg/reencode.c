/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Re-encoding of instructions (SDM vol. 2, chapter 2: prefixes, ModRM and SIB,
 * REX, VEX and EVEX).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/reencode.h"

unsigned x86_encode_mem(uint8_t *out, unsigned reg, const X86HostMem *m, bool no_disp8)
{
    uint8_t *p = out;
    unsigned mod;

    if (m->disp == 0 && (m->base & 7) != 5) {
        mod = 0;
    } else if (m->disp == (int8_t)m->disp && !no_disp8) {
        mod = 1;
    } else {
        mod = 2;
    }
    reg &= 7;
    if (m->index != X86_HOST_NONE || (m->base & 7) == 4) {
        unsigned index = m->index == X86_HOST_NONE ? 4 : m->index & 7;
        *p++ = mod << 6 | reg << 3 | 4;
        *p++ = m->scale << 6 | index << 3 | (m->base & 7);
    } else {
        *p++ = mod << 6 | reg << 3 | (m->base & 7);
    }
    if (mod == 1) {
        *p++ = m->disp;
    } else if (mod == 2) {
        memcpy(p, &m->disp, 4);
        p += 4;
    }
    return p - out;
}

/* The last of F2 and F3 among the prefixes, which is the one that counts. */
static uint8_t rep_prefix(const DecodedInsn *d)
{
    uint8_t rep = 0;

    for (int i = 0; i < d->len; i++) {
        switch (d->bytes[i]) {
        case 0xf2:
        case 0xf3:
            rep = d->bytes[i];
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x40 ... 0x4f: /* REX, without effect if another prefix follows */
        case 0x64:
        case 0x65:
        case 0x66:
        case 0x67:
        case 0xf0:
            break;
        default:
            return rep;
        }
    }
    return rep;
}

/*
 * W selects the size of a general register or its memory form; outside 64-bit
 * code the processor takes it as 0 in these instructions.
 */
static bool w_ignored_outside_64(const DecodedInsn *d, unsigned pp)
{
    switch (d->opcode_map << 8 | d->opcode) {
    case 0x2f2:
    case 0x2f3:
    case 0x2f5:
    case 0x2f6:
    case 0x2f7:
    case 0x3f0: /* BMI */
    case 0x360:
    case 0x361: /* VPCMPESTRM, VPCMPESTRI: lengths in EAX and EDX */
        return d->encoding == X86_ENC_VEX;
    case 0x12a:
    case 0x12c:
    case 0x12d:
    case 0x16e:
    case 0x314:
    case 0x315:
    case 0x316:
    case 0x322:
        return true;
    case 0x17e:
        return pp == 1;
    case 0x27c: /* VPBROADCASTD, VPBROADCASTQ */
        return d->encoding == X86_ENC_EVEX;
    case 0x178:
    case 0x179:
    case 0x17b:
        return d->encoding == X86_ENC_EVEX && pp >= 2;
    default:
        return false;
    }
}

static bool has_index(const X86HostOperands *h)
{
    return h->use_mem && h->mem.index != X86_HOST_NONE;
}

/* Extension bits of base, index and replaced registers, as R=4 X=2 B=1 to set and to keep. */
static void extension_bits(const DecodedInsn *d, const X86HostOperands *h, unsigned *keep,
                           unsigned *set)
{
    *keep = 7;
    *set = 0;
    if (h->reg >= 0) {
        *keep &= ~4u;
        *set |= h->reg & 8 ? 4 : 0;
    }
    if (h->use_mem) {
        *keep &= ~3u;
        *set |= h->mem.base & 8 ? 1 : 0;
        *set |= has_index(h) && (h->mem.index & 8) ? 2 : 0;
    } else if (h->rm >= 0 || h->opreg >= 0) {
        int r = h->rm >= 0 ? h->rm : h->opreg;
        *keep &= ~3u;
        *set |= r & 8 ? 1 : 0;
    }
}

static uint8_t *put_modrm(uint8_t *p, const DecodedInsn *d, const X86HostOperands *h, bool evex)
{
    unsigned reg = h->reg >= 0 ? h->reg & 7 : d->modrm >> 3 & 7;

    if (!d->has_modrm) {
        return p;
    }
    if (h->use_mem) {
        return p + x86_encode_mem(p, reg, &h->mem, evex);
    }
    *p++ = (d->modrm & 0xc0) | reg << 3 | (h->rm >= 0 ? h->rm & 7 : d->modrm & 7);
    return p;
}

static uint8_t *put_legacy(uint8_t *p, const DecodedInsn *d, const X86HostOperands *h, bool mode64)
{
    unsigned keep, set, rex = mode64 ? d->rex & 15 : 0;
    uint8_t rep = rep_prefix(d);

    if (d->prefixes & X86_PFX_LOCK) {
        *p++ = 0xf0;
    }
    if (!(d->prefixes & X86_PFX_66) == h->flip66) {
        *p++ = 0x66;
    }
    if (rep) {
        *p++ = rep;
    }
    extension_bits(d, h, &keep, &set);
    rex = (rex & (8 | keep)) | set;
    if (rex || h->byte_rex) {
        *p++ = 0x40 | rex;
    }
    if (d->opcode_map) {
        *p++ = 0x0f;
        if (d->opcode_map == 2) {
            *p++ = 0x38;
        } else if (d->opcode_map == 3) {
            *p++ = 0x3a;
        }
    }
    *p++ = h->opreg >= 0 ? (d->opcode & ~7) | (h->opreg & 7) : d->opcode;
    return put_modrm(p, d, h, false);
}

static uint8_t *put_vex(uint8_t *p, const DecodedInsn *d, const X86HostOperands *h, bool mode64)
{
    unsigned op = d->has_modrm ? d->modrm_off - 1 : d->len - d->imm_len - 1;
    bool vex3 = op >= 3 && d->bytes[op - 3] == 0xc4;
    uint8_t p0 = vex3 ? d->bytes[op - 2] : (d->bytes[op - 1] & 0x80) | 0x61;
    uint8_t p1 = vex3 ? d->bytes[op - 1] : d->bytes[op - 1] & 0x7f;
    unsigned keep, set;

    if (!mode64) {
        p0 |= 0xe0;
        p1 |= 0x40;
        if (w_ignored_outside_64(d, p1 & 3)) {
            p1 &= 0x7f;
        }
    }
    extension_bits(d, h, &keep, &set);
    p0 = (p0 | (~keep & 7) << 5) & ~(set << 5);
    if (h->vvvv >= 0) {
        p1 = (p1 & ~0x78) | (~h->vvvv & 15) << 3;
    }
    *p++ = 0xc4;
    *p++ = p0;
    *p++ = p1;
    *p++ = d->opcode;
    return put_modrm(p, d, h, false);
}

static uint8_t *put_evex(uint8_t *p, const DecodedInsn *d, const X86HostOperands *h, bool mode64)
{
    const uint8_t *b = &d->bytes[d->modrm_off - 4];
    uint8_t p0 = b[0], p1 = b[1], p2 = b[2];
    unsigned keep, set;

    if (!mode64) {
        p0 |= 0xf0;
        p1 |= 0x40;
        p2 |= 0x08;
        if (w_ignored_outside_64(d, p1 & 3)) {
            p1 &= 0x7f;
        }
    }
    extension_bits(d, h, &keep, &set);
    p0 = (p0 | (~keep & 7) << 5) & ~(set << 5);
    if (h->reg >= 0) {
        p0 |= 0x10;
    }
    if (h->vvvv >= 0) {
        p1 = (p1 & ~0x78) | (~h->vvvv & 15) << 3;
        p2 |= 0x08;
    }
    *p++ = 0x62;
    *p++ = p0;
    *p++ = p1;
    *p++ = p2;
    *p++ = d->opcode;
    return put_modrm(p, d, h, true);
}

unsigned x86_reencode(uint8_t *out, const DecodedInsn *d, const X86HostOperands *h, bool mode64)
{
    uint8_t *p = out;

    if (h->use_mem && h->mem.gs) {
        *p++ = 0x65;
    }
    switch (d->encoding) {
    case X86_ENC_VEX:
        p = put_vex(p, d, h, mode64);
        break;
    case X86_ENC_EVEX:
        p = put_evex(p, d, h, mode64);
        break;
    default:
        p = put_legacy(p, d, h, mode64);
        break;
    }
    memcpy(p, &d->bytes[d->len - d->imm_len], d->imm_len);
    /* VBLENDVPS, VBLENDVPD, VPBLENDVB: a register in the immediate, with three bits outside 64-bit
     * code. */
    if (!mode64 && d->encoding == X86_ENC_VEX && d->opcode_map == 3 && d->opcode >= 0x4a &&
        d->opcode <= 0x4c) {
        *p &= 0x7f;
    }
    return p + d->imm_len - out;
}
