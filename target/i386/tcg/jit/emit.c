/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host code: encodings (SDM vol. 2).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/jit/emit.h"

static void emit_rex(Emit *e, bool w, unsigned reg, unsigned index, unsigned base)
{
    unsigned rex = (w ? 8 : 0) | (reg & 8 ? 4 : 0) | (index & 8 ? 2 : 0) | (base & 8 ? 1 : 0);

    if (rex) {
        emit8(e, 0x40 | rex);
    }
}

static void emit_map(Emit *e, unsigned map)
{
    if (map) {
        emit8(e, 0x0f);
    }
}

void emit_op_mem(Emit *e, bool w, unsigned map, uint8_t op, unsigned reg, const X86HostMem *m)
{
    if (m->gs) {
        emit8(e, 0x65);
    }
    emit_rex(e, w, reg, m->index == X86_HOST_NONE ? 0 : m->index, m->base);
    emit_map(e, map);
    emit8(e, op);
    e->p += x86_encode_mem(e->p, reg, m, false);
}

void emit_op_reg(Emit *e, bool w, unsigned map, uint8_t op, unsigned reg, unsigned rm)
{
    emit_rex(e, w, reg, 0, rm);
    emit_map(e, map);
    emit8(e, op);
    emit8(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void emit_mov_rr(Emit *e, bool w, unsigned to, unsigned from)
{
    emit_op_reg(e, w, 0, 0x8b, to, from);
}

void emit_load(Emit *e, bool w, unsigned to, X86HostMem m)
{
    emit_op_mem(e, w, 0, 0x8b, to, &m);
}

void emit_store(Emit *e, bool w, unsigned from, X86HostMem m)
{
    emit_op_mem(e, w, 0, 0x89, from, &m);
}

void emit_load_imm(Emit *e, unsigned to, uint64_t v)
{
    if (v == (uint32_t)v) {
        emit_rex(e, false, 0, 0, to);
        emit8(e, 0xb8 | (to & 7));
        emit32(e, v);
    } else if ((int64_t)v == (int32_t)v) {
        emit_rex(e, true, 0, 0, to);
        emit8(e, 0xc7);
        emit8(e, 0xc0 | (to & 7));
        emit32(e, v);
    } else {
        emit_rex(e, true, 0, 0, to);
        emit8(e, 0xb8 | (to & 7));
        emit64(e, v);
    }
}

void emit_lea(Emit *e, bool w, unsigned to, X86HostMem m)
{
    emit_op_mem(e, w, 0, 0x8d, to, &m);
}

void emit_add_disp(Emit *e, bool w, unsigned to, unsigned from, int32_t disp)
{
    if (disp) {
        emit_lea(e, w, to, host_mem(from, disp));
    } else if (to != from || !w) {
        emit_mov_rr(e, w, to, from);
    }
}

void emit_load_n(Emit *e, unsigned size, unsigned to, X86HostMem m)
{
    if (size >= 4) {
        emit_load(e, size == 8, to, m);
    } else {
        emit_op_mem(e, false, 1, size == 1 ? 0xb6 : 0xb7, to, &m);
    }
}

void emit_store_n(Emit *e, unsigned size, unsigned from, X86HostMem m)
{
    if (size == 2) {
        emit8(e, 0x66);
    }
    if (size == 1) {
        unsigned index = m.index == X86_HOST_NONE ? 0 : m.index;
        if (m.gs) {
            emit8(e, 0x65);
        }
        emit8(e, 0x40 | (from & 8 ? 4 : 0) | (index & 8 ? 2 : 0) | (m.base & 8 ? 1 : 0));
        emit8(e, 0x88);
        e->p += x86_encode_mem(e->p, from, &m, false);
    } else {
        emit_store(e, size == 8, from, m);
    }
}

void emit_movzx(Emit *e, unsigned size, unsigned to, unsigned from)
{
    if (size == 1) {
        emit8(e, 0x40 | (to & 8 ? 4 : 0) | (from & 8 ? 1 : 0));
        emit8(e, 0x0f);
        emit8(e, 0xb6);
        emit8(e, 0xc0 | (to & 7) << 3 | (from & 7));
    } else if (size == 2) {
        emit_op_reg(e, false, 1, 0xb7, to, from);
    } else {
        emit_mov_rr(e, size == 8, to, from);
    }
}

void emit_store_imm32(Emit *e, bool w, int32_t v, X86HostMem m)
{
    emit_op_mem(e, w, 0, 0xc7, 0, &m);
    emit32(e, v);
}

/* VEX.LZ.pp.0F38/0F3A.W1 */
static void emit_vex_w1(Emit *e, unsigned map, unsigned pp, unsigned reg, unsigned vvvv,
                        unsigned index, unsigned base)
{
    emit8(e, 0xc4);
    emit8(e, (reg & 8 ? 0 : 0x80) | (index & 8 ? 0 : 0x40) | (base & 8 ? 0 : 0x20) | map);
    emit8(e, 0x80 | (~vvvv & 15) << 3 | pp);
}

void emit_pext(Emit *e, unsigned to, unsigned from, X86HostMem m)
{
    emit_vex_w1(e, 2, 2, to, from, m.index == X86_HOST_NONE ? 0 : m.index, m.base);
    emit8(e, 0xf5);
    e->p += x86_encode_mem(e->p, to, &m, false);
}

void emit_pdep(Emit *e, unsigned to, unsigned from, X86HostMem m)
{
    emit_vex_w1(e, 2, 3, to, from, m.index == X86_HOST_NONE ? 0 : m.index, m.base);
    emit8(e, 0xf5);
    e->p += x86_encode_mem(e->p, to, &m, false);
}

void emit_shlx(Emit *e, unsigned to, unsigned from, unsigned count)
{
    emit_vex_w1(e, 2, 1, to, count, 0, from);
    emit8(e, 0xf7);
    emit8(e, 0xc0 | (to & 7) << 3 | (from & 7));
}

void emit_sarx(Emit *e, unsigned to, unsigned from, unsigned count)
{
    emit_vex_w1(e, 2, 2, to, count, 0, from);
    emit8(e, 0xf7);
    emit8(e, 0xc0 | (to & 7) << 3 | (from & 7));
}

void emit_rorx(Emit *e, unsigned to, unsigned from, unsigned n)
{
    emit_vex_w1(e, 3, 3, to, 0, 0, from);
    emit8(e, 0xf0);
    emit8(e, 0xc0 | (to & 7) << 3 | (from & 7));
    emit8(e, n);
}

void emit_jmp(Emit *e, const uint8_t *rx_target)
{
    emit8(e, 0xe9);
    emit32(e, 0);
    emit_patch32(e, e->p - 4, rx_target);
}

void emit_call(Emit *e, const uint8_t *rx_target)
{
    emit8(e, 0xe8);
    emit32(e, 0);
    emit_patch32(e, e->p - 4, rx_target);
}

void emit_jmp_mem(Emit *e, X86HostMem m)
{
    emit_op_mem(e, false, 0, 0xff, 4, &m);
}

void emit_jmp_reg(Emit *e, unsigned reg)
{
    emit_op_reg(e, false, 0, 0xff, 4, reg);
}

uint8_t *emit_jrcxz(Emit *e)
{
    emit8(e, 0xe3);
    emit8(e, 0);
    return e->p;
}

uint8_t *emit_jcc8(Emit *e, unsigned cond)
{
    emit8(e, 0x70 | cond);
    emit8(e, 0);
    return e->p;
}

void emit_here8(Emit *e, uint8_t *from)
{
    from[-1] = e->p - from;
}

void emit_patch32(const Emit *e, uint8_t *rel, const uint8_t *rx_target)
{
    int32_t d = rx_target - (emit_rx(e, rel) + 4);

    /* Within one cache line (emit_fit), so that a processor that runs this sees either value. */
    __atomic_store_n((int32_t *)rel, d, __ATOMIC_RELAXED);
}

void emit_nops(Emit *e, unsigned len)
{
    static const uint8_t nop[9][9] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };

    while (len) {
        unsigned n = MIN(len, 9);
        memcpy(e->p, nop[n - 1], n);
        e->p += n;
        len -= n;
    }
}

void emit_fit(Emit *e, unsigned len, unsigned line)
{
    unsigned offset = (uintptr_t)e->p & (line - 1);

    if (offset + len > line) {
        emit_nops(e, line - offset);
    }
}
