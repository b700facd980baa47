/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side: one emulated CPU in user mode with the same pages mapped as
 * the native process has.
 */
#include "qemu/osdep.h"
#include <cpuid.h>
#include "qapi/error.h"
#include "qemu/memalign.h"
#include "target/i386/tcg/code-track.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/hostfpu.h"
#include "target/i386/tcg/hostvec.h"
#include "target/i386/tcg/jit.h"
#include "target/i386/tcg/tlb.h"
#include "target/i386/tcg/window.h"
#include "memory-test.h"
#include "x86-diff.h"

#define RAM_SIZE  (4 * 1024 * 1024)
#define TABLES    0x1000
#define CODE_PHYS 0x100000
#define DATA_PHYS 0x200000

uint64_t diff_data = DIFF_DATA_LOW;

static struct {
    TestSpace *space;
    MemoryRegion ram;
    uint8_t *host;
    X86CPU *cpu;
    const uint8_t *memory;
    bool jit;
} rig;

/* Pages that follow each other do not do so in RAM. */
static uint64_t data_phys(uint32_t offset)
{
    return DATA_PHYS + 0x10000 - (uint64_t)(offset & TARGET_PAGE_MASK) * 2 +
           (offset & ~TARGET_PAGE_MASK);
}

static void data_to_ram(uint32_t size)
{
    for (uint32_t offset = 0; offset < size; offset += TARGET_PAGE_SIZE) {
        memcpy(rig.host + data_phys(offset), rig.memory + offset, TARGET_PAGE_SIZE);
    }
}

/* ---- page tables ---- */

static uint64_t table(unsigned n)
{
    return TABLES + n * 0x1000;
}

static void set_entry(uint64_t t, unsigned i, uint64_t v)
{
    stq_le_p(rig.host + t + i * 8, v);
}

/* Both regions lie in the first GiB, or data in one of their own. */
static void map_pages(unsigned pt, uint64_t lin, uint64_t phys, unsigned pages, uint64_t flags)
{
    unsigned pd = lin >> 30 ? 6 : 2;

    set_entry(table(0), lin >> 39 & 511, table(pd - 1) | 7);
    set_entry(table(pd - 1), lin >> 30 & 511, table(pd) | 7);
    set_entry(table(pd), lin >> 21 & 511, table(pt) | 7);
    for (unsigned i = 0; i < pages; i++) {
        set_entry(table(pt), (lin >> 12 & 511) + i,
                  (phys + i * 4096) | PG_PRESENT_MASK | PG_USER_MASK | PG_ACCESSED_MASK |
                      PG_DIRTY_MASK | flags);
    }
}

static void make_tables(void)
{
    map_pages(3, DIFF_CODE, CODE_PHYS, 1, 0);
    for (unsigned i = 0; i < DIFF_ALL_SIZE / TARGET_PAGE_SIZE; i++) {
        uint32_t offset = i * TARGET_PAGE_SIZE;
        map_pages(4, DIFF_DATA + offset, data_phys(offset), 1,
                  (offset < DIFF_DATA_SIZE ? PG_RW_MASK : 0) | PG_NX_MASK);
    }
}

/* ---- the CPU ---- */

static void set_segment(CPUX86State *env, X86Seg s, unsigned selector, uint64_t base,
                        uint32_t flags)
{
    env->segs[s] = (SegmentCache){.selector = selector,
                                  .base = base,
                                  .limit = UINT32_MAX,
                                  .flags = flags | DESC_P_MASK | DESC_S_MASK | DESC_G_MASK |
                                           DESC_A_MASK | 3u << DESC_DPL_SHIFT};
}

static void set_mode(CPUX86State *env, int bits)
{
    env->cr[0] = CR0_PE_MASK | CR0_PG_MASK | CR0_NE_MASK | CR0_WP_MASK | CR0_MP_MASK | CR0_ET_MASK;
    env->cr[3] = TABLES;
    env->cr[4] =
        CR4_PAE_MASK | CR4_OSFXSR_MASK | CR4_OSXMMEXCPT_MASK | CR4_OSXSAVE_MASK | CR4_FSGSBASE_MASK;
    env->efer = 0xd01; /* SCE, LME, LMA, NXE */
    env->xcr0 = x86_hostfpu_components();
    set_segment(env, R_CS, bits == 64 ? 0x33 : 0x23, 0,
                DESC_CS_MASK | DESC_R_MASK | (bits == 64 ? DESC_L_MASK : DESC_B_MASK));
    for (int s = 0; s < X86_NB_SEGS; s++) {
        if (s != R_CS) {
            set_segment(env, s, 0x2b, 0, DESC_W_MASK | DESC_B_MASK);
        }
    }
    if (bits == 32) {
        memset(&env->segs[R_FS], 0, sizeof(SegmentCache));
        memset(&env->segs[R_GS], 0, sizeof(SegmentCache));
    } else {
        env->segs[R_FS].base = DIFF_FS_BASE;
        env->segs[R_GS].base = DIFF_GS_BASE;
    }
    env->eflags = EFLAGS_FIXED | IF_MASK;
    x86_update_hflags(env);
}

/* The model's maker, whose processors differ in few things from others, is the host's. */
static void set_vendor(CPUX86State *env)
{
    unsigned max;

    __cpuid(0, max, env->cpuid_vendor1, env->cpuid_vendor3, env->cpuid_vendor2);
    env->checks_offsets = x86_cpu_is_amd(env);
}

static void make_cpu(void)
{
    X86CPU *cpu = qemu_memalign(64, sizeof(*cpu));
    CPUState *cs = (CPUState *)cpu;
    CPUX86State *env = &cpu->env;

    memset(cpu, 0, sizeof(*cpu));
    rig.cpu = cpu;
    cpu->phys_bits = 40;
    cs->cc = g_new0(CPUClass, 1);
    cs->num_ases = 1;
    cpu_address_space_init(cs, 0, "diff", rig.space->root);
    QTAILQ_INIT(&cs->breakpoints);
    QTAILQ_INIT(&cs->watchpoints);
    qemu_mutex_init(&cs->work_mutex);
    cs->exception_index = -1;
    memcpy(env->features, diff_features, sizeof(env->features));
    set_vendor(env);
    env->a20_mask = UINT64_MAX;
    env->tr.flags = DESC_P_MASK | 11 << DESC_TYPE_SHIFT;
    cs->accel = g_new0(AccelCPUState, 1);
    cs->accel->cache = x86_insn_cache_new();
    x86_tlb_init(env);
    cpu_list_add(cs);
    current_cpu = cs;
    x86_hostvec_thread_init(env);
    if (rig.jit) {
        x86_jit_cpu_init(env);
    }
}

void diff_guest_setup(int *argc, char ***argv, const uint8_t *memory)
{
    Error *err = NULL;

    memory_test_init(argc, argv);
    rig.memory = memory;
    rig.space = space_new(1ull << 32);
    memory_region_init_ram(&rig.ram, NULL, "diff-ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(rig.space->root, 0, &rig.ram);
    rig.host = memory_region_get_ram_ptr(&rig.ram);
    make_tables();
    memset(rig.host + CODE_PHYS, 0xcc, TARGET_PAGE_SIZE);
    data_to_ram(DIFF_ALL_SIZE);
    x86_code_track_init();
    rig.jit = x86_jit_init(64 * 1024 * 1024, &err);
    if (!rig.jit) {
        g_test_message("no translator: %s", error_get_pretty(err));
        error_free(err);
    }
    make_cpu();
    bql_unlock();
}

bool diff_guest_use_window(bool indirect)
{
    CPUX86State *env = &rig.cpu->env;
    Error *err = NULL;

    if (!rig.jit || !x86_window_init(true, &err)) {
        g_test_message("no window: %s", err ? error_get_pretty(err) : "no translator");
        error_free(err);
        return false;
    }
    if (indirect) {
        x86_window_set_indirect();
    }
    x86_window_thread_init();
    set_mode(env, 64);
    x86_window_give(x86_window_root(env));
    g_assert_true(env->jit_hot.window);
    return true;
}

bool diff_guest_has_jit(void)
{
    return rig.jit;
}

/* ---- state ---- */

static void vec_to_env(const DiffVector *v, X86FPUState *f)
{
    memset(f, 0, offsetof(X86FPUState, xtilecfg));
    f->legacy.fcw = v->fcw;
    f->legacy.fsw = v->fsw;
    f->legacy.ftw = v->ftw;
    f->legacy.mxcsr = v->mxcsr;
    memcpy(f->legacy.st, v->st, sizeof(v->st));
    for (int i = 0; i < 16; i++) {
        memcpy(f->legacy.xmm[i], v->zmm[i], 16);
        memcpy(f->ymmh[i], (uint8_t *)v->zmm[i] + 16, 16);
        memcpy(f->zmmh[i], (uint8_t *)v->zmm[i] + 32, 32);
        memcpy(f->hi16_zmm[i], v->zmm[16 + i], 64);
    }
    memcpy(f->opmask, v->k, 64);
    f->header.xstate_bv = x86_hostfpu_components();
}

static void vec_from_env(DiffVector *v, const X86FPUState *f)
{
    memset(v, 0, sizeof(*v));
    v->fcw = f->legacy.fcw;
    v->fsw = f->legacy.fsw;
    v->ftw = f->legacy.ftw;
    v->mxcsr = f->legacy.mxcsr;
    memcpy(v->st, f->legacy.st, sizeof(v->st));
    for (int i = 0; i < 16; i++) {
        memcpy(v->zmm[i], f->legacy.xmm[i], 16);
        memcpy((uint8_t *)v->zmm[i] + 16, f->ymmh[i], 16);
        memcpy((uint8_t *)v->zmm[i] + 32, f->zmmh[i], 32);
        memcpy(v->zmm[16 + i], f->hi16_zmm[i], 64);
    }
    memcpy(v->k, f->opmask, 64);
}

static void load(CPUX86State *env, const DiffCase *c)
{
    uint8_t code[DIFF_MAX_CODE + 16];

    memset(code, 0xcc, sizeof(code));
    memcpy(code, c->code, c->len);
    address_space_write(&rig.space->as, CODE_PHYS, MEMTXATTRS_UNSPECIFIED, code, sizeof(code));
    data_to_ram(DIFF_DATA_SIZE);
    set_mode(env, c->bits);
    memcpy(env->regs, c->in.gpr, sizeof(env->regs));
    env->eip = c->in.rip;
    env->eflags = c->in.eflags;
    x86_update_hflags(env);
    vec_to_env(&c->in.vec, &env->fpu);
}

static void collect(CPUX86State *env, DiffResult *r)
{
    CPUState *cs = env_cpu(env);

    memcpy(r->state.gpr, env->regs, sizeof(env->regs));
    r->state.rip = env->eip;
    r->state.eflags = env->eflags;
    vec_from_env(&r->state.vec, &env->fpu);
    r->vector = cs->exception_index;
    r->error = r->vector >= 8 && r->vector != 16 && r->vector != 19 ? env->error_code : 0;
    r->cr2 = r->vector == 14 ? env->cr[2] : 0;
    for (uint32_t offset = 0; offset < DIFF_DATA_SIZE; offset += TARGET_PAGE_SIZE) {
        memcpy(r->data + offset, rig.host + data_phys(offset), TARGET_PAGE_SIZE);
    }
    cs->exception_index = -1;
}

void diff_guest_run(const DiffCase *c, bool jit, DiffResult *r)
{
    CPUX86State *env = &rig.cpu->env;
    CPUState *cs = env_cpu(env);

    load(env, c);
    rcu_read_lock();
    cs->exception_index = -1;
    if (sigsetjmp(cs->jmp_env, 0) == 0) {
        for (volatile int n = 0; n < 2000; n++) {
            if (jit) {
                x86_jit_run(env);
            } else {
                x86_interpret_one(env);
            }
            qatomic_set(&cs->exit_request, false);
        }
    }
    rcu_read_unlock();
    collect(env, r);
}
