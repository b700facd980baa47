/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathers, scatters and byte-masked stores, element by element (SDM vol. 2,
 * VPGATHER*, VPSCATTER*, MASKMOVDQU). A fault at one element leaves the earlier
 * ones done and their mask bits clear, so that the instruction can be resumed.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/hostvec-int.h"

typedef struct VecIndex {
    unsigned count, elem, index_size;
    uint8_t index[64];
} VecIndex;

static void get_index(CPUX86State *env, const DecodedInsn *d, VecIndex *v)
{
    unsigned wide;

    v->elem = d->vec_elem;
    v->index_size = d->opcode & 1 ? 8 : 4;
    wide = MAX(v->elem, v->index_size);
    v->count = d->opsize / wide;
    x86_vec_read(env, d->mem.index, v->index);
}

static uint64_t element_ea(CPUX86State *env, const DecodedInsn *d, const VecIndex *v, unsigned i)
{
    uint64_t ea = x86_mem_ea(env, d);

    if (v->index_size == 8) {
        ea += (uint64_t)ldq_le_p(v->index + i * 8) << d->mem.scale;
    } else {
        ea += (uint64_t)(int64_t)(int32_t)ldl_le_p(v->index + i * 4) << d->mem.scale;
    }
    return d->addrsize == 8 ? ea : d->addrsize == 4 ? (uint32_t)ea : (uint16_t)ea;
}

/* Element @i is done. */
static void clear_lane(CPUX86State *env, const DecodedInsn *d, unsigned i)
{
    if (d->encoding == X86_ENC_EVEX) {
        env->fpu.opmask[d->evex_aaa] &= ~(1ull << i);
        env->fpu.header.xstate_bv |= XSTATE_OPMASK_MASK;
    } else {
        uint64_t zero = 0;
        x86_vec_write(env, d->vvvv, i * d->vec_elem, &zero, d->vec_elem);
    }
}

void x86_hostvec_gather(CPUX86State *env, const DecodedInsn *d)
{
    unsigned dest = d->opnd[0].reg;
    VecIndex v;

    get_index(env, d, &v);
    uint64_t lanes = x86_vec_lanes(env, d, v.count);
    /* The lanes that are not loaded have sign-extended mask bits in the VEX form; all end as zero.
     */
    for (unsigned i = 0; i < v.count; i++) {
        if (lanes >> i & 1) {
            uint64_t val = x86_ldn(env, d->mem.seg, element_ea(env, d, &v, i), v.elem);
            x86_vec_write(env, dest, i * v.elem, &val, v.elem);
            if (d->encoding == X86_ENC_EVEX) {
                /* Above the vector length processors do so even if a later element faults. */
                x86_vec_zero_above(env, dest, d->opsize);
            }
        }
        clear_lane(env, d, i);
    }
    x86_vec_zero_above(env, dest, v.count * v.elem);
    if (d->encoding == X86_ENC_EVEX) {
        env->fpu.opmask[d->evex_aaa] = 0;
    } else {
        x86_vec_zero_above(env, d->vvvv, 0);
    }
}

void x86_hostvec_scatter(CPUX86State *env, const DecodedInsn *d)
{
    uint8_t src[64];
    VecIndex v;

    get_index(env, d, &v);
    for (unsigned i = 0; i < d->nopnd; i++) {
        if (d->opnd[i].kind == OPND_VEC) {
            x86_vec_read(env, d->opnd[i].reg, src);
        }
    }
    uint64_t lanes = x86_vec_lanes(env, d, v.count);
    for (unsigned i = 0; i < v.count; i++) {
        if (lanes >> i & 1) {
            uint64_t val = v.elem == 8 ? ldq_le_p(src + i * 8) : (uint32_t)ldl_le_p(src + i * 4);
            x86_stn(env, d->mem.seg, element_ea(env, d, &v, i), val, v.elem);
            clear_lane(env, d, i);
        }
    }
    env->fpu.opmask[d->evex_aaa] = 0;
}

/* Stack-relative number of physical register @reg, as the state image is ordered. */
static unsigned st_index(const CPUX86State *env, unsigned reg)
{
    return (reg - (env->fpu.legacy.fsw >> 11)) & 7;
}

void x86_hostvec_maskmov(CPUX86State *env, const DecodedInsn *d)
{
    unsigned reg = d->modrm >> 3 & 7, rm = d->modrm & 7, len = 16;
    uint8_t data[64], mask[64];
    uint64_t bytes = 0;

    if (d->opnd[0].kind == OPND_MMX || d->opnd[1].kind == OPND_MMX) {
        /* Enters MMX mode like any other: top of stack 0, all registers valid. */
        static const uint8_t movd_ebx_mm0[] = {0x0f, 0x7e, 0xc3};
        x86_hostvec_bytes(env, movd_ebx_mm0, sizeof(movd_ebx_mm0), NULL);
        len = 8;
        memcpy(data, env->fpu.legacy.st[st_index(env, reg)].bytes, 8);
        memcpy(mask, env->fpu.legacy.st[st_index(env, rm)].bytes, 8);
    } else {
        x86_vec_read(env, d->opnd[0].reg, data);
        x86_vec_read(env, d->opnd[1].reg, mask);
    }
    for (unsigned i = 0; i < len; i++) {
        bytes |= (uint64_t)(mask[i] >> 7) << i;
    }
    x86_write_bytes_masked(env, d->mem.seg, x86_mem_ea(env, d), data, len, bytes);
}
