/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine checks for memory of the guest that the host has lost (SDM volume 3, chapter 16).
 * BQL held.
 */

#include "qemu/osdep.h"
#include "system/cpus.h"
#include "system/memory-failure.h"
#include "target/i386/cpu.h"
#include "target/i386/mce.h"

/* Which bank tells of memory; guests have no idea of the model's own meanings. */
#define MEMORY_BANK 9
/* Error codes: memory scrubbing, data load (16.9.2). */
#define MCACOD_SCRUB 0x00c0
#define MCACOD_DATA  0x0134
/* MISC: the address is physical, and its page is meant (16.3.2.4). */
#define MISC_PHYSICAL_PAGE (2 << 6 | 12)

#define BANK_MEMORY                                                                                \
    (MCI_STATUS_VAL | MCI_STATUS_UC | MCI_STATUS_EN | MCI_STATUS_MISCV | MCI_STATUS_ADDRV)

typedef struct X86MachineCheck {
    unsigned bank;
    uint64_t status, mcg_status, addr, misc;
} X86MachineCheck;

/* ---- one processor: its thread, or it is stopped ---- */

/* Reporting of the bank is switched off. */
static bool is_masked(const CPUX86State *env, const uint64_t *bank)
{
    return ((env->mcg_cap & MCG_CTL_P) && env->mcg_ctl != UINT64_MAX) || bank[0] != UINT64_MAX;
}

static bool takes_machine_checks(const CPUX86State *env)
{
    return (env->cr[4] & CR4_MCE_MASK) && !(env->mcg_status & MCG_STATUS_MCIP);
}

static void raise_mce(CPUX86State *env, const X86MachineCheck *m)
{
    uint64_t *bank = &env->mce_banks[m->bank * 4];

    bank[1] = m->status | (bank[1] & MCI_STATUS_VAL ? MCI_STATUS_OVER : 0);
    bank[2] = m->addr;
    bank[3] = m->misc;
    env->mcg_status = m->mcg_status;
    cpu_interrupt(env_cpu(env), CPU_INTERRUPT_MCE);
}

/* Those that did not meet it get a bank without contents. One that waits to be started gets none.
 */
static void inject_elsewhere(CPUState *cs, run_on_cpu_data data)
{
    static const X86MachineCheck nothing = {.bank = 1,
                                            .status = MCI_STATUS_VAL | MCI_STATUS_UC,
                                            .mcg_status = MCG_STATUS_MCIP | MCG_STATUS_RIPV};
    CPUX86State *env = cpu_env(cs);

    cpu_synchronize_state(cs);
    if (takes_machine_checks(env)) {
        raise_mce(env, &nothing);
    }
}

/* ---- all of them ---- */

/* The model gives machine checks to all processors of the machine (16.10.4.1). */
static bool broadcasts(X86CPU *cpu)
{
    uint32_t version = cpu->env.cpuid_version;
    unsigned family = (version >> 8) & 0xf, model = (version >> 4 & 0xf) | (version >> 12 & 0xf0);

    return x86_cpu_is_intel(&cpu->env) && (family > 6 || (family == 6 && model >= 14));
}

/*
 * Does not wait: another one may be on its way here with a failure of its own, and would wait for
 * us then.
 */
static void inject_others(X86CPU *cpu)
{
    CPUState *other;

    if (!broadcasts(cpu)) {
        return;
    }
    CPU_FOREACH (other) {
        if (other != CPU(cpu)) {
            async_run_on_cpu(other, inject_elsewhere, RUN_ON_CPU_NULL);
        }
    }
}

/* ---- lost memory ---- */

static X86MachineCheck of_memory(const GuestMemoryFailure *f)
{
    X86MachineCheck m = {.bank = MEMORY_BANK, .addr = f->addr, .misc = MISC_PHYSICAL_PAGE};

    if (!f->consumed) {
        m.status = BANK_MEMORY | MCI_STATUS_S | MCACOD_SCRUB;
        m.mcg_status = MCG_STATUS_MCIP | MCG_STATUS_RIPV;
    } else if (f->restartable) {
        m.status = BANK_MEMORY | MCI_STATUS_S | MCI_STATUS_AR | MCACOD_DATA;
        m.mcg_status = MCG_STATUS_MCIP | MCG_STATUS_EIPV | MCG_STATUS_RIPV;
    } else {
        m.status = BANK_MEMORY | MCI_STATUS_PCC | MCACOD_DATA;
        m.mcg_status = MCG_STATUS_MCIP;
    }
    return m;
}

typedef struct Attempt {
    const GuestMemoryFailure *failure;
    GuestMemoryFailureResult result;
} Attempt;

static void try_to_inject(CPUState *cs, run_on_cpu_data data)
{
    CPUX86State *env = cpu_env(cs);
    Attempt *a = data.host_ptr;
    X86MachineCheck m = of_memory(a->failure);

    cpu_synchronize_state(cs);
    if (!(env->mcg_cap & MCG_SER_P) || (env->mcg_cap & 0xff) <= m.bank ||
        !(env->cr[4] & CR4_MCE_MASK) || is_masked(env, &env->mce_banks[m.bank * 4])) {
        a->result = GUEST_MEMORY_FAILURE_NOT_READY;
    } else if (env->mcg_status & MCG_STATUS_MCIP) {
        a->result = GUEST_MEMORY_FAILURE_BUSY;
    } else {
        raise_mce(env, &m);
        a->result = GUEST_MEMORY_FAILURE_TOLD;
    }
}

GuestMemoryFailureResult x86_cpu_memory_failure(CPUState *cs, const GuestMemoryFailure *f)
{
    Attempt a = {.failure = f};

    run_on_cpu(cs, try_to_inject, RUN_ON_CPU_HOST_PTR(&a));
    if (a.result == GUEST_MEMORY_FAILURE_TOLD) {
        inject_others(X86_CPU(cs));
    }
    return a.result;
}
