/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x87 environment in its four layouts (SDM vol. 1, 8.1.10): FNSTENV,
 * FLDENV, FNSAVE, FRSTOR. The host's own instructions do the work on the
 * 32-bit protected-mode image, which is converted from and to the guest's.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/hostvec-int.h"

#define ENV_BYTES  28
#define REGS_BYTES 80

typedef struct X87Env {
    uint16_t fcw, fsw, ftw, fop, fcs, fds;
    uint32_t fip, fdp;
} X87Env;

static bool real_layout(const CPUX86State *env)
{
    return !(env->hflags & HF_PE) || (env->hflags & HF_VM);
}

static unsigned env_size(const DecodedInsn *d)
{
    return d->opsize == 2 ? 14 : ENV_BYTES;
}

static void put_env(const CPUX86State *env, const DecodedInsn *d, const X87Env *e, uint8_t *out)
{
    bool real = real_layout(env);

    if (d->opsize == 2) {
        stw_le_p(out, e->fcw);
        stw_le_p(out + 2, e->fsw);
        stw_le_p(out + 4, e->ftw);
        stw_le_p(out + 6, e->fip);
        stw_le_p(out + 8, real ? (e->fip >> 16 & 15) << 12 | e->fop : e->fcs);
        stw_le_p(out + 10, e->fdp);
        stw_le_p(out + 12, real ? (e->fdp >> 16 & 15) << 12 : e->fds);
        return;
    }
    stl_le_p(out, 0xffff0000 | e->fcw);
    stl_le_p(out + 4, 0xffff0000 | e->fsw);
    stl_le_p(out + 8, 0xffff0000 | e->ftw);
    if (real) {
        stl_le_p(out + 12, 0xffff0000 | (e->fip & 0xffff));
        stl_le_p(out + 16, (e->fip >> 16) << 12 | e->fop);
        stl_le_p(out + 20, 0xffff0000 | (e->fdp & 0xffff));
        stl_le_p(out + 24, (e->fdp >> 16) << 12);
    } else {
        stl_le_p(out + 12, e->fip);
        stl_le_p(out + 16, e->fop << 16 | e->fcs);
        stl_le_p(out + 20, e->fdp);
        stl_le_p(out + 24, 0xffff0000 | e->fds);
    }
}

static void get_env(const CPUX86State *env, const DecodedInsn *d, const uint8_t *in, X87Env *e)
{
    bool real = real_layout(env);

    memset(e, 0, sizeof(*e));
    e->fcw = lduw_le_p(in);
    if (d->opsize == 2) {
        uint16_t w8 = lduw_le_p(in + 8), w12 = lduw_le_p(in + 12);
        e->fsw = lduw_le_p(in + 2);
        e->ftw = lduw_le_p(in + 4);
        e->fip = lduw_le_p(in + 6) | (real ? (uint32_t)(w8 >> 12) << 16 : 0);
        e->fdp = lduw_le_p(in + 10) | (real ? (uint32_t)(w12 >> 12) << 16 : 0);
        e->fop = real ? w8 & 0x7ff : 0;
        return;
    }
    uint32_t w16 = ldl_le_p(in + 16), w24 = ldl_le_p(in + 24);
    e->fsw = lduw_le_p(in + 4);
    e->ftw = lduw_le_p(in + 8);
    if (real) {
        e->fip = lduw_le_p(in + 12) | (w16 >> 12) << 16;
        e->fdp = lduw_le_p(in + 20) | (w24 >> 12) << 16;
        e->fop = w16 & 0x7ff;
    } else {
        e->fip = ldl_le_p(in + 12);
        e->fdp = ldl_le_p(in + 20);
        e->fop = w16 >> 16 & 0x7ff;
    }
}

/* What a native FNSTENV or FNSAVE wrote to @image, with the guest's pointers. */
static void env_from_host(const X86LegacyXSaveArea *l, const uint8_t *image, X87Env *e)
{
    *e = (X87Env){
        .fcw = lduw_le_p(image),
        .fsw = lduw_le_p(image + 4),
        .ftw = lduw_le_p(image + 8),
        .fop = l->fopcode & 0x7ff,
        .fip = l->fpip,
        .fdp = l->fpdp,
    };
}

static void env_to_host(const X87Env *e, uint8_t *image)
{
    memset(image, 0, ENV_BYTES);
    stl_le_p(image, e->fcw);
    stl_le_p(image + 4, e->fsw);
    stl_le_p(image + 8, e->ftw);
}

static void set_pointers(X86LegacyXSaveArea *l, const X87Env *e)
{
    l->fopcode = e->fop;
    l->fpip = e->fip;
    l->fpdp = e->fdp;
}

static void store(CPUX86State *env, const DecodedInsn *d, const uint8_t *code, unsigned regs)
{
    uint64_t ea = x86_mem_ea(env, d);
    unsigned size = env_size(d) + regs;
    uint8_t host[128] QEMU_ALIGNED(64), out[ENV_BYTES + REGS_BYTES];
    X87Env e;

    x86_fpu_check_x87(env);
    x86_probe_write(env, d->mem.seg, ea, size);
    x86_hostvec_bytes(env, code, 2, host);
    env_from_host(&env->fpu.legacy, host, &e);
    put_env(env, d, &e, out);
    memcpy(out + env_size(d), host + ENV_BYTES, regs);
    x86_write_bytes(env, d->mem.seg, ea, out, size);
}

static void load(CPUX86State *env, const DecodedInsn *d, const uint8_t *code, unsigned regs)
{
    unsigned size = env_size(d) + regs;
    uint8_t host[128] QEMU_ALIGNED(64), in[ENV_BYTES + REGS_BYTES];
    X87Env e;

    x86_fpu_check_x87(env);
    x86_fpu_check_pending(env);
    x86_read_bytes(env, d->mem.seg, x86_mem_ea(env, d), in, size);
    get_env(env, d, in, &e);
    env_to_host(&e, host);
    memcpy(host + ENV_BYTES, in + env_size(d), regs);
    x86_hostvec_bytes(env, code, 2, host);
    set_pointers(&env->fpu.legacy, &e);
}

void x86_interp_fnstenv(CPUX86State *env, const DecodedInsn *d)
{
    static const uint8_t fnstenv_rdi[] = {0xd9, 0x37};

    store(env, d, fnstenv_rdi, 0);
}

void x86_interp_fldenv(CPUX86State *env, const DecodedInsn *d)
{
    static const uint8_t fldenv_rdi[] = {0xd9, 0x27};

    load(env, d, fldenv_rdi, 0);
}

void x86_interp_fnsave(CPUX86State *env, const DecodedInsn *d)
{
    static const uint8_t fnsave_rdi[] = {0xdd, 0x37};

    store(env, d, fnsave_rdi, REGS_BYTES);
    env->fpu.legacy.fopcode = 0;
    env->fpu.legacy.fpip = 0;
    env->fpu.legacy.fpdp = 0;
}

void x86_interp_frstor(CPUX86State *env, const DecodedInsn *d)
{
    static const uint8_t frstor_rdi[] = {0xdd, 0x27};

    load(env, d, frstor_rdi, REGS_BYTES);
}
