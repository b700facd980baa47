/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segment registers in physical memory, as AMD64 has them in SMM's save area and in the VMCB
 * (APM volume 2, tables 10-1 and B-2): selector, attributes, limit, base.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/seg.h"

/* Attributes: type to P in 7:0, AVL L D G in 11:8. */
static uint16_t pack_attr(uint32_t flags)
{
    return ((flags >> 8) & 0xff) | ((flags >> 12) & 0xf00);
}

static uint32_t unpack_attr(uint16_t attr)
{
    return (attr & 0xff) << 8 | (uint32_t)(attr & 0xf00) << 12;
}

void x86_save_segment(CPUX86State *env, hwaddr addr, const SegmentCache *sc)
{
    AddressSpace *as = x86_address_space(env);
    MemTxAttrs attrs = x86_mem_attrs(env);

    address_space_stq(as, addr,
                      (sc->selector & 0xffff) | (uint32_t)pack_attr(sc->flags) << 16 |
                          (uint64_t)sc->limit << 32,
                      attrs, NULL);
    address_space_stq(as, addr + 8, sc->base, attrs, NULL);
}

void x86_load_segment(CPUX86State *env, hwaddr addr, SegmentCache *sc)
{
    AddressSpace *as = x86_address_space(env);
    MemTxAttrs attrs = x86_mem_attrs(env);
    uint64_t word = address_space_ldq(as, addr, attrs, NULL);

    sc->selector = word & 0xffff;
    sc->flags = unpack_attr(word >> 16);
    sc->limit = word >> 32;
    sc->base = address_space_ldq(as, addr + 8, attrs, NULL);
}
