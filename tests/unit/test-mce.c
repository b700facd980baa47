/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine checks for lost memory: which processor gets what, and when there is none to get.
 */
#include "qemu/osdep.h"
#include "system/cpus.h"
#include "target/i386/mce.h"
#include "x86-cpu-test.h"

#define BANK 9 /* tells of memory */

static X86CPU *cpus[2];
static const GuestMemoryFailure consumed = {
    .addr = 0x123000, .consumed = true, .restartable = true};
static const GuestMemoryFailure scrubbed = {.addr = 0x123000};

/* Both take machine checks and have seen none. */
static void start_afresh(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
        CPUX86State *env = &cpus[i]->env;

        process_queued_cpu_work(CPU(cpus[i]));
        cpu_reset_interrupt(CPU(cpus[i]), CPU_INTERRUPT_MCE);
        env->cr[4] |= CR4_MCE_MASK;
        env->mcg_status = 0;
        env->mcg_ctl = UINT64_MAX;
        for (unsigned bank = 0; bank < MCE_BANKS_DEF; bank++) {
            env->mce_banks[bank * 4] = UINT64_MAX;
            env->mce_banks[bank * 4 + 1] = 0;
        }
    }
}

/* In the thread of processor @i. */
static GuestMemoryFailureResult fail_at(int i, const GuestMemoryFailure *f)
{
    GuestMemoryFailureResult result;

    current_cpu = CPU(cpus[i]);
    result = x86_cpu_memory_failure(CPU(cpus[i]), f);
    current_cpu = NULL;
    return result;
}

static void do_work(int i)
{
    current_cpu = CPU(cpus[i]);
    process_queued_cpu_work(CPU(cpus[i]));
    current_cpu = NULL;
}

static void assert_raised(int i, unsigned bank, uint64_t bits)
{
    const CPUX86State *env = &cpus[i]->env;

    g_assert_true(qatomic_read(&CPU(cpus[i])->interrupt_request) & CPU_INTERRUPT_MCE);
    g_assert_true(env->mcg_status & MCG_STATUS_MCIP);
    g_assert_cmphex(env->mce_banks[bank * 4 + 1] & bits, ==, bits);
}

static void assert_quiet(int i)
{
    g_assert_false(qatomic_read(&CPU(cpus[i])->interrupt_request) & CPU_INTERRUPT_MCE);
    g_assert_cmphex(cpus[i]->env.mce_banks[BANK * 4 + 1], ==, 0);
}

/* ---- tests ---- */

static void test_others_hear_of_it(void)
{
    start_afresh();
    g_assert_cmpint(fail_at(0, &scrubbed), ==, GUEST_MEMORY_FAILURE_TOLD);
    assert_raised(0, BANK, MCI_STATUS_VAL | MCI_STATUS_ADDRV);
    g_assert_cmphex(cpus[0]->env.mce_banks[BANK * 4 + 2], ==, 0x123000);
    do_work(1);
    assert_raised(1, 1, MCI_STATUS_VAL);
}

/* Neither looks at what the other wants before it has told of its own. */
static void test_two_at_once(void)
{
    start_afresh();
    g_assert_cmpint(fail_at(0, &consumed), ==, GUEST_MEMORY_FAILURE_TOLD);
    g_assert_cmpint(fail_at(1, &consumed), ==, GUEST_MEMORY_FAILURE_TOLD);
    do_work(0);
    do_work(1);
    for (int i = 0; i < 2; i++) {
        assert_raised(i, BANK, MCI_STATUS_VAL | MCI_STATUS_AR);
        g_assert_cmphex(cpus[i]->env.mce_banks[1 * 4 + 1], ==, 0);
    }
}

static void test_still_busy(void)
{
    start_afresh();
    g_assert_cmpint(fail_at(0, &scrubbed), ==, GUEST_MEMORY_FAILURE_TOLD);
    g_assert_cmpint(fail_at(0, &consumed), ==, GUEST_MEMORY_FAILURE_BUSY);
}

/* It would do the instruction again for ever. */
static void test_masked(void)
{
    start_afresh();
    cpus[0]->env.mce_banks[BANK * 4] = 0;
    g_assert_cmpint(fail_at(0, &consumed), ==, GUEST_MEMORY_FAILURE_NOT_READY);
    g_assert_cmpint(fail_at(0, &scrubbed), ==, GUEST_MEMORY_FAILURE_NOT_READY);
    assert_quiet(0);

    start_afresh();
    cpus[0]->env.mcg_cap |= MCG_CTL_P;
    cpus[0]->env.mcg_ctl = 0;
    g_assert_cmpint(fail_at(0, &consumed), ==, GUEST_MEMORY_FAILURE_NOT_READY);
    assert_quiet(0);
    do_work(1);
    assert_quiet(1);
}

static void test_switched_off(void)
{
    start_afresh();
    cpus[0]->env.cr[4] &= ~CR4_MCE_MASK;
    g_assert_cmpint(fail_at(0, &consumed), ==, GUEST_MEMORY_FAILURE_NOT_READY);
    assert_quiet(0);
}

int main(int argc, char **argv)
{
    x86_cpu_test_init(&argc, &argv);
    for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
        cpus[i] = x86_cpu_test_new("Nehalem", i);
    }
    g_test_add_func("/mce/others-hear-of-it", test_others_hear_of_it);
    g_test_add_func("/mce/two-at-once", test_two_at_once);
    g_test_add_func("/mce/still-busy", test_still_busy);
    g_test_add_func("/mce/masked", test_masked);
    g_test_add_func("/mce/switched-off", test_switched_off);
    return g_test_run();
}
