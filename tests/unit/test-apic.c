/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated local APIC: acceptance and priority of interrupts, the timer in
 * its three modes, IPIs and MSIs to all kinds of destinations, mode changes,
 * errors. Three CPUs, a clock in the test's hands.
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "hw/i386/apic_internal.h"
#include "x86-cpu-test.h"

#define NCPUS 3
static X86CPU *cpus[NCPUS];

#define APIC(n)  (cpus[n]->env.apic_state)
#define STATE(n) APIC_COMMON(APIC(n))

/* ---- the guest's view ---- */

static uint32_t reg_read(int cpu, unsigned offset)
{
    uint32_t val;

    current_cpu = CPU(cpus[cpu]);
    val = address_space_ldl_le(&address_space_memory, APIC_DEFAULT_ADDRESS + offset,
                               MEMTXATTRS_UNSPECIFIED, NULL);
    current_cpu = NULL;
    return val;
}

static void reg_write(int cpu, unsigned offset, uint32_t val)
{
    current_cpu = CPU(cpus[cpu]);
    address_space_stl_le(&address_space_memory, APIC_DEFAULT_ADDRESS + offset, val,
                         MEMTXATTRS_UNSPECIFIED, NULL);
    current_cpu = NULL;
}

enum {
    ID = 0x20,
    TPR = 0x80,
    PPR = 0xa0,
    EOI = 0xb0,
    LDR = 0xd0,
    DFR = 0xe0,
    SVR = 0xf0,
    ESR = 0x280,
    ICR = 0x300,
    ICR2 = 0x310,
    LVTT = 0x320,
    LVT_LINT0 = 0x350,
    LVT_LINT1 = 0x360,
    LVT_ERR = 0x370,
    ICT = 0x380,
    CCT = 0x390,
    DCR = 0x3e0,
};

static bool pending(int cpu, uint32_t mask)
{
    return cpu_test_interrupt(CPU(cpus[cpu]), mask) != 0;
}

static void fresh(void)
{
    test_clock += 1000000;
    test_pic_level = 0;
    test_eoi_vector = -1;
    for (int i = 0; i < NCPUS; i++) {
        device_cold_reset(APIC(i));
        apic_designate_bsp(APIC(i), i == 0);
        cpu_reset_interrupt(CPU(cpus[i]), UINT32_MAX);
        reg_write(i, SVR, 0x1ff);
    }
}

static void advance(int64_t ns)
{
    test_clock += ns;
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
}

/* ---- tests ---- */

static void test_reset(void)
{
    device_cold_reset(APIC(1));
    g_assert_cmphex(reg_read(1, ID), ==, 1u << 24);
    g_assert_cmphex(reg_read(1, 0x30), ==, 0x50014);
    g_assert_cmphex(reg_read(1, SVR), ==, 0xff);
    g_assert_cmphex(reg_read(1, DFR), ==, UINT32_MAX);
    for (unsigned lvt = LVTT; lvt <= LVT_ERR; lvt += 0x10) {
        g_assert_cmphex(reg_read(1, lvt), ==, APIC_LVT_MASKED);
    }
    /* Masks cannot be cleared while the APIC is off. */
    reg_write(1, LVTT, 0x40);
    g_assert_cmphex(reg_read(1, LVTT), ==, 0x40 | APIC_LVT_MASKED);
}

static void test_priority(void)
{
    fresh();
    apic_set_irq(STATE(0), 0x51, APIC_TRIGGER_EDGE);
    apic_set_irq(STATE(0), 0x62, APIC_TRIGGER_EDGE);
    g_assert_true(pending(0, CPU_INTERRUPT_HARD));
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x62);
    g_assert_cmphex(reg_read(0, PPR), ==, 0x60);
    /* Lower class waits for the end of the higher one. */
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
    g_assert_cmpint(apic_irq_pending(APIC(0)), ==, -1);
    reg_write(0, EOI, 0);
    g_assert_true(pending(0, CPU_INTERRUPT_HARD));
    reg_write(0, TPR, 0x50);
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
    cpu_set_apic_tpr(APIC(0), 4);
    g_assert_cmphex(reg_read(0, TPR), ==, 0x40);
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x51);
    reg_write(0, EOI, 0);
    g_assert_cmphex(reg_read(0, PPR), ==, 0x40);
    g_assert_cmpint(apic_get_interrupt(APIC(0)), ==, -1);
}

static void test_level(void)
{
    fresh();
    apic_set_irq(STATE(0), 0x71, APIC_TRIGGER_LEVEL);
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x71);
    reg_write(0, EOI, 0);
    g_assert_cmphex(test_eoi_vector, ==, 0x71);
}

static void test_spurious(void)
{
    fresh();
    apic_set_irq(STATE(0), 0x31, APIC_TRIGGER_EDGE);
    reg_write(0, TPR, 0x30);
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0xff);
    reg_write(0, SVR, 0xff);
    g_assert_cmpint(apic_get_interrupt(APIC(0)), ==, -1);
}

static void test_oneshot(void)
{
    fresh();
    reg_write(0, DCR, 0xb); /* by 1 */
    reg_write(0, LVTT, 0x40);
    reg_write(0, ICT, 1000);
    advance(400);
    g_assert_cmpuint(reg_read(0, CCT), ==, 600);
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
    advance(600);
    g_assert_cmpuint(reg_read(0, CCT), ==, 0);
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x40);
    reg_write(0, EOI, 0);
    advance(5000);
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
}

static void test_periodic(void)
{
    fresh();
    reg_write(0, DCR, 0x3); /* by 16 */
    reg_write(0, LVTT, 0x41 | APIC_LVT_TIMER_PERIODIC);
    reg_write(0, ICT, 100);
    for (int i = 0; i < 3; i++) {
        advance(1600);
        g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x41);
        reg_write(0, EOI, 0);
    }
    advance(800);
    g_assert_cmpuint(reg_read(0, CCT), ==, 50);
    reg_write(0, ICT, 0);
    advance(10000);
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
}

static void test_deadline(void)
{
    CPUX86State *env = &cpus[0]->env;

    fresh();
    reg_write(0, LVTT, 0x42 | APIC_LVT_TIMER_TSCDEADLINE);
    apic_set_tsc_deadline(APIC(0), cpu_get_tsc(env) + 10000);
    reg_write(0, ICT, 5); /* ignored in this mode */
    advance(10000 / TEST_TSC_PER_NS - 10);
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
    g_assert_cmpuint(apic_get_tsc_deadline(APIC(0)), !=, 0);
    advance(20);
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x42);
    g_assert_cmpuint(apic_get_tsc_deadline(APIC(0)), ==, 0);
    reg_write(0, EOI, 0);
    /* A deadline that has passed fires at once. */
    apic_set_tsc_deadline(APIC(0), 1);
    advance(0);
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x42);
}

static void test_ipi(void)
{
    fresh();
    reg_write(0, ICR2, 2u << 24);
    reg_write(0, ICR, 0x4000 | 0x55);
    g_assert_false(pending(1, CPU_INTERRUPT_HARD));
    g_assert_cmphex(apic_get_interrupt(APIC(2)), ==, 0x55);
    /* Shorthands */
    reg_write(0, ICR, (3u << 18) | 0x56); /* all but self */
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
    g_assert_true(pending(1, CPU_INTERRUPT_HARD));
    reg_write(0, ICR, (1u << 18) | 0x57); /* self */
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x57);
    /* NMI to everybody */
    reg_write(1, ICR2, 0xffu << 24);
    reg_write(1, ICR, 0x4400);
    for (int i = 0; i < NCPUS; i++) {
        g_assert_true(pending(i, CPU_INTERRUPT_NMI));
    }
}

static void test_logical(void)
{
    fresh();
    for (int i = 0; i < NCPUS; i++) {
        reg_write(i, LDR, (1u << i) << 24);
    }
    reg_write(0, ICR2, 0x6u << 24); /* flat: members 1 and 2 */
    reg_write(0, ICR, 0x4800 | 0x58);
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
    g_assert_true(pending(1, CPU_INTERRUPT_HARD));
    g_assert_true(pending(2, CPU_INTERRUPT_HARD));

    fresh();
    for (int i = 0; i < NCPUS; i++) {
        reg_write(i, DFR, 0x0fffffff);
        reg_write(i, LDR, (uint32_t)((i << 4) | 1) << 24);
    }
    reg_write(0, ICR2, 0x21u << 24); /* cluster 2, member 1 */
    reg_write(0, ICR, 0x4800 | 0x59);
    g_assert_false(pending(1, CPU_INTERRUPT_HARD));
    g_assert_true(pending(2, CPU_INTERRUPT_HARD));
}

static void test_lowest_priority(void)
{
    fresh();
    for (int i = 0; i < NCPUS; i++) {
        reg_write(i, LDR, (1u << i) << 24);
    }
    reg_write(0, TPR, 0x40);
    reg_write(2, TPR, 0x40);
    address_space_stl_le(&address_space_memory, 0xfee07004 | (1 << 3), 0x4163,
                         MEMTXATTRS_UNSPECIFIED, NULL);
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
    g_assert_cmphex(apic_get_interrupt(APIC(1)), ==, 0x63);
}

static void test_msi(void)
{
    fresh();
    /* To APIC 0: the address of an MSI is then that of a register that does not exist. */
    address_space_stl_le(&address_space_memory, 0xfee00000, 0x4064, MEMTXATTRS_UNSPECIFIED, NULL);
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x64);
    address_space_stl_le(&address_space_memory, 0xfee02000, 0xc065, MEMTXATTRS_UNSPECIFIED, NULL);
    g_assert_cmphex(apic_get_interrupt(APIC(2)), ==, 0x65);
    reg_write(2, EOI, 0);
    g_assert_cmphex(test_eoi_vector, ==, 0x65);
}

static void test_processors_send_no_msi_to_their_registers(void)
{
    const MemTxAttrs by_cpu = {.cpu = 1};

    fresh();
    current_cpu = CPU(cpus[0]);
    address_space_stl_le(&address_space_memory, 0xfee00000, 0x64, by_cpu, NULL);
    address_space_stb(&address_space_memory, 0xfee00004, 0x65, by_cpu, NULL);
    current_cpu = NULL;
    g_assert_cmpint(apic_irq_pending(APIC(0)), ==, 0);
}

static void test_startup(void)
{
    fresh();
    reg_write(0, ICR2, 1u << 24);
    reg_write(0, ICR, 0xc500); /* INIT, level assert */
    g_assert_true(pending(1, CPU_INTERRUPT_INIT));
    do_cpu_init(cpus[1]);
    g_assert_false(pending(1, CPU_INTERRUPT_INIT));
    g_assert_cmpuint(CPU(cpus[1])->halted, ==, 1);
    reg_write(0, ICR, 0x8500); /* de-assert: nothing */
    g_assert_false(pending(1, CPU_INTERRUPT_INIT));
    reg_write(0, ICR, 0xc500);
    reg_write(0, ICR, 0x4600 | 0x9a);
    g_assert_true(pending(1, CPU_INTERRUPT_SIPI));
    do_cpu_init(cpus[1]); /* which the CPU comes to only now */
    g_assert_true(pending(1, CPU_INTERRUPT_SIPI));
    do_cpu_sipi(cpus[1]);
    g_assert_cmphex(cpus[1]->env.segs[R_CS].base, ==, 0x9a000);
    g_assert_cmphex(cpus[1]->env.segs[R_CS].selector, ==, 0x9a00);
    g_assert_cmpuint(CPU(cpus[1])->halted, ==, 0);
    /* A second SIPI finds nobody waiting. */
    reg_write(0, ICR, 0x4600 | 0x10);
    do_cpu_sipi(cpus[1]);
    g_assert_cmphex(cpus[1]->env.segs[R_CS].base, ==, 0x9a000);
}

static void test_lint(void)
{
    fresh();
    g_assert_false(apic_accept_pic_intr(APIC(0)));
    reg_write(0, LVT_LINT0, 0x700);
    g_assert_true(apic_accept_pic_intr(APIC(0)));
    test_pic_level = 1;
    apic_deliver_pic_intr(APIC(0), 1);
    g_assert_true(pending(0, CPU_INTERRUPT_HARD));
    g_assert_cmpint(apic_get_interrupt(APIC(0)), ==, -1); /* ask the PIC */
    test_pic_level = 0;
    apic_deliver_pic_intr(APIC(0), 0);
    g_assert_false(pending(0, CPU_INTERRUPT_HARD));
    reg_write(0, LVT_LINT1, 0x400);
    apic_deliver_nmi(APIC(0));
    g_assert_true(pending(0, CPU_INTERRUPT_NMI));
}

static void test_errors(void)
{
    fresh();
    reg_write(0, LVT_ERR, 0x70);
    reg_write(0, ICR2, 0);
    reg_write(0, ICR, 0x4005);                /* vector below 16 */
    g_assert_cmphex(reg_read(0, ESR), ==, 0); /* not before it is latched */
    reg_write(0, ESR, 0);
    g_assert_cmphex(reg_read(0, ESR), ==, APIC_ESR_SEND_ILLEGAL);
    g_assert_cmphex(apic_get_interrupt(APIC(0)), ==, 0x70);
    reg_write(0, ESR, 0);
    g_assert_cmphex(reg_read(0, ESR), ==, 0);
}

static void test_x2apic(void)
{
    uint64_t base = cpu_get_apic_base(APIC(1)), val;

    fresh();
    g_assert_cmpint(apic_msr_read(APIC(1), 0x02, &val), <, 0);
    /* x2APIC without APIC, or out of the disabled state: not allowed. */
    g_assert_cmpint(cpu_set_apic_base(APIC(1), (base & ~0x800ull) | 0x400), <, 0);
    g_assert_cmpint(cpu_set_apic_base(APIC(1), base | 0x400), ==, 0);
    g_assert_true(is_x2apic_mode(APIC(1)));
    g_assert_cmpint(apic_msr_read(APIC(1), 0x02, &val), ==, 0);
    g_assert_cmphex(val, ==, 1);
    g_assert_cmpint(apic_msr_read(APIC(1), 0x0d, &val), ==, 0);
    g_assert_cmphex(val, ==, 2);
    g_assert_cmphex(reg_read(1, ID), ==, UINT32_MAX);            /* no MMIO */
    g_assert_cmpint(apic_msr_write(APIC(1), 0x0b, 1), <, 0);     /* EOI takes only 0 */
    g_assert_cmpint(apic_msr_write(APIC(1), 0x0d, 0), <, 0);     /* LDR is fixed */
    g_assert_cmpint(apic_msr_write(APIC(1), 0x3f, 0x66), ==, 0); /* self IPI */
    g_assert_cmphex(apic_get_interrupt(APIC(1)), ==, 0x66);
    g_assert_cmpint(apic_msr_write(APIC(1), 0x30, (2ull << 32) | 0x4067), ==, 0);
    g_assert_cmphex(apic_get_interrupt(APIC(2)), ==, 0x67);
    /* Back to xAPIC only through the disabled state. */
    g_assert_cmpint(cpu_set_apic_base(APIC(1), base), <, 0);
    g_assert_cmpint(cpu_set_apic_base(APIC(1), base & ~0x800ull), ==, 0);
    g_assert_false(cpu_is_apic_enabled(APIC(1)));
    g_assert_cmpint(cpu_set_apic_base(APIC(1), base), ==, 0);
}

static void test_relocated(void)
{
    uint64_t base = cpu_get_apic_base(APIC(0));

    fresh();
    g_assert_cmpint(cpu_set_apic_base(APIC(0), (base & 0xfff) | 0xfed00000), ==, 0);
    g_assert_cmphex(reg_read(0, SVR), ==, UINT32_MAX);
    g_assert_cmphex(reg_read(0, SVR - 0x100000), ==, 0x1ff);
    g_assert_cmpint(cpu_set_apic_base(APIC(0), base), ==, 0);
    g_assert_cmphex(reg_read(0, SVR), ==, 0x1ff);
}

int main(int argc, char **argv)
{
    x86_cpu_test_init(&argc, &argv);
    test_clock = 1000;
    for (int i = 0; i < NCPUS; i++) {
        cpus[i] = x86_cpu_test_new("Nehalem", i);
    }
    g_test_add_func("/apic/reset", test_reset);
    g_test_add_func("/apic/priority", test_priority);
    g_test_add_func("/apic/level", test_level);
    g_test_add_func("/apic/spurious", test_spurious);
    g_test_add_func("/apic/timer/one-shot", test_oneshot);
    g_test_add_func("/apic/timer/periodic", test_periodic);
    g_test_add_func("/apic/timer/tsc-deadline", test_deadline);
    g_test_add_func("/apic/ipi/physical", test_ipi);
    g_test_add_func("/apic/ipi/logical", test_logical);
    g_test_add_func("/apic/ipi/startup", test_startup);
    g_test_add_func("/apic/msi/lowest-priority", test_lowest_priority);
    g_test_add_func("/apic/msi/fixed", test_msi);
    g_test_add_func("/apic/msi/not-by-cpu", test_processors_send_no_msi_to_their_registers);
    g_test_add_func("/apic/lint", test_lint);
    g_test_add_func("/apic/errors", test_errors);
    g_test_add_func("/apic/x2apic", test_x2apic);
    g_test_add_func("/apic/relocated", test_relocated);
    return g_test_run();
}
