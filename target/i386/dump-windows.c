/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Structure CONTEXT of Windows, as its header files for AMD64 and i386 publish it. */

#include "qemu/osdep.h"
#include "exec/target_page.h"
#include "qemu/bswap.h"
#include "target/i386/cpu.h"
#include "target/i386/dump-windows.h"

/* Which parts are filled in: control, integers, segments, floating point, debug registers. */
#define CONTEXT_AMD64 0x0010001f
#define CONTEXT_I386  0x00010037 /* extended registers instead of floating point */

enum {
    FLAGS64 = 0x30,
    MXCSR64 = 0x34,
    SEGMENTS64 = 0x38,
    EFLAGS64 = 0x44,
    DEBUG64 = 0x48,
    REGISTERS64 = 0x78,
    RIP64 = 0xf8,
    FXSAVE64 = 0x100,
};

enum {
    FLAGS32 = 0x00,
    DEBUG32 = 0x04,
    DATA_SEGMENTS32 = 0x8c,
    REGISTERS32 = 0x9c,
    FXSAVE32 = 0xcc,
};
QEMU_BUILD_BUG_ON(FXSAVE32 + sizeof(X86LegacyXSaveArea) != X86_WINDOWS_CONTEXT32);

static void put_debug(uint8_t *p, const CPUX86State *env, size_t word)
{
    static const int order[] = {0, 1, 2, 3, 6, 7};

    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        stn_le_p(p + i * word, word, env->dr[order[i]]);
    }
}

static void put_context64(uint8_t *p, const CPUX86State *env)
{
    static const int segments[] = {R_CS, R_DS, R_ES, R_FS, R_GS, R_SS};

    stl_le_p(p + FLAGS64, CONTEXT_AMD64);
    stl_le_p(p + MXCSR64, env->fpu.legacy.mxcsr);
    for (size_t i = 0; i < ARRAY_SIZE(segments); i++) {
        stw_le_p(p + SEGMENTS64 + 2 * i, env->segs[segments[i]].selector);
    }
    stl_le_p(p + EFLAGS64, env->eflags);
    put_debug(p + DEBUG64, env, 8);
    for (int i = 0; i < 16; i++) { /* RAX, RCX, RDX ... R15: in the order of their numbers */
        stq_le_p(p + REGISTERS64 + 8 * i, env->regs[i]);
    }
    stq_le_p(p + RIP64, env->eip);
    memcpy(p + FXSAVE64, &env->fpu.legacy, sizeof(env->fpu.legacy));
}

static void put_context32(uint8_t *p, const CPUX86State *env)
{
    static const int segments[] = {R_GS, R_FS, R_ES, R_DS};
    const uint64_t registers[] = {env->regs[R_EDI], env->regs[R_ESI], env->regs[R_EBX],
                                  env->regs[R_EDX], env->regs[R_ECX], env->regs[R_EAX],
                                  env->regs[R_EBP], env->eip,         env->segs[R_CS].selector,
                                  env->eflags,      env->regs[R_ESP], env->segs[R_SS].selector};

    stl_le_p(p + FLAGS32, CONTEXT_I386);
    put_debug(p + DEBUG32, env, 4);
    for (size_t i = 0; i < ARRAY_SIZE(segments); i++) {
        stl_le_p(p + DATA_SEGMENTS32 + 4 * i, env->segs[segments[i]].selector);
    }
    for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
        stl_le_p(p + REGISTERS32 + 4 * i, registers[i]);
    }
    memcpy(p + FXSAVE32, &env->fpu.legacy, sizeof(env->fpu.legacy));
}

void x86_dump_windows_context(CPUState *cs, bool is_64bit, uint8_t *context)
{
    memset(context, 0, is_64bit ? X86_WINDOWS_CONTEXT64 : X86_WINDOWS_CONTEXT32);
    if (is_64bit) {
        put_context64(context, cpu_env(cs));
    } else {
        put_context32(context, cpu_env(cs));
    }
}

bool x86_dump_translate(CPUState *cs, uint64_t cr3, uint64_t virt, uint64_t *phys)
{
    CPUX86State *env = cpu_env(cs);
    uint64_t own = env->cr[3];
    hwaddr page;

    env->cr[3] = cr3;
    page = cpu_get_phys_page_debug(cs, virt & TARGET_PAGE_MASK);
    env->cr[3] = own;
    *phys = page | (virt & ~TARGET_PAGE_MASK);
    return page != (hwaddr)-1;
}
