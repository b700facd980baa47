/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O APIC: entries, edges and levels, EOI; messages as they are written to memory. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/intc/ioapic.h"
#include "hw/sysbus.h"
#include "isa-rig.h"
#include "qapi/error.h"

#define MASKED 0x10000u
#define LEVEL  0x08000u
#define RIRR   0x04000u

static DeviceState *ioapic;
static uint64_t message;
static unsigned messages;

static void reg_write(uint8_t reg, uint32_t val)
{
    address_space_stl_le(&address_space_memory, IO_APIC_DEFAULT_ADDRESS, reg,
                         MEMTXATTRS_UNSPECIFIED, NULL);
    address_space_stl_le(&address_space_memory, IO_APIC_DEFAULT_ADDRESS + 0x10, val,
                         MEMTXATTRS_UNSPECIFIED, NULL);
}

static uint32_t reg_read(uint8_t reg)
{
    address_space_stl_le(&address_space_memory, IO_APIC_DEFAULT_ADDRESS, reg,
                         MEMTXATTRS_UNSPECIFIED, NULL);
    return address_space_ldl_le(&address_space_memory, IO_APIC_DEFAULT_ADDRESS + 0x10,
                                MEMTXATTRS_UNSPECIFIED, NULL);
}

static void entry(int pin, uint32_t low, uint8_t dest)
{
    reg_write(0x11 + 2 * pin, (uint32_t)dest << 24);
    reg_write(0x10 + 2 * pin, low);
}

static void line(int pin, int level)
{
    qemu_set_irq(qdev_get_gpio_in(ioapic, pin), level);
}

static unsigned take_messages(void)
{
    unsigned n = messages;

    messages = 0;
    return n;
}

static void start(void)
{
    for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
        line(i, 0);
    }
    device_cold_reset(ioapic);
    messages = 0;
}

static void test_identification(void)
{
    start();
    g_assert_cmphex(reg_read(1), ==, 0x00170020);
    reg_write(0, 0x0f000000);
    g_assert_cmphex(reg_read(0), ==, 0x0f000000);
    g_assert_cmphex(reg_read(2), ==, 0x0f000000);
    g_assert_cmphex(reg_read(0x10), ==, MASKED);
    g_assert_cmphex(reg_read(0x40), ==, 0);
    reg_write(0x40, 0xffffffff);
}

static void test_edge_is_delivered_once(void)
{
    start();
    entry(4, 0x31, 3);
    line(4, 1);
    g_assert_cmpint(take_messages(), ==, 1);
    g_assert_cmphex(message, ==, 0x0000300000000031);
    line(4, 1);
    g_assert_cmpint(take_messages(), ==, 0);
    line(4, 0);
    line(4, 1);
    g_assert_cmpint(take_messages(), ==, 1);
}

static void test_masked_edge_is_lost(void)
{
    start();
    entry(4, 0x31 | MASKED, 0);
    line(4, 1);
    entry(4, 0x31, 0);
    g_assert_cmpint(take_messages(), ==, 0);
}

static void test_timer_line_is_pin_2(void)
{
    start();
    entry(2, 0x20, 0);
    line(0, 1);
    g_assert_cmpint(take_messages(), ==, 1);
    /* Both at once are two edges. */
    line(2, 1);
    g_assert_cmpint(take_messages(), ==, 1);
}

static void pulse(int pin)
{
    line(pin, 1);
    line(pin, 0);
}

/* Ticks that come before a CPU has taken the first follow one by one. */
static void test_timer_ticks_are_kept(void)
{
    start();
    entry(2, 0x20, 0);
    pulse(0);
    pulse(0);
    pulse(0);
    g_assert_cmpint(take_messages(), ==, 3);
    ioapic_accepted(0x21);
    g_assert_cmpint(take_messages(), ==, 0);
    ioapic_accepted(0x20);
    g_assert_cmpint(take_messages(), ==, 1);
    ioapic_accepted(0x20);
    g_assert_cmpint(take_messages(), ==, 1);
    ioapic_accepted(0x20);
    g_assert_cmpint(take_messages(), ==, 0);
    /* Not for ever, not over a change of the entry, and not for other lines. */
    for (int i = 0; i < 1000; i++) {
        pulse(0);
    }
    take_messages();
    for (int i = 0; i < 1000; i++) {
        ioapic_accepted(0x20);
    }
    g_assert_cmpint(take_messages(), ==, 250);
    pulse(0);
    pulse(0);
    entry(2, 0x20, 0);
    take_messages();
    ioapic_accepted(0x20);
    g_assert_cmpint(take_messages(), ==, 0);
    entry(4, 0x31, 0);
    pulse(4);
    pulse(4);
    take_messages();
    ioapic_accepted(0x31);
    g_assert_cmpint(take_messages(), ==, 0);
}

static void test_level_repeats_after_eoi(void)
{
    start();
    entry(10, 0x41 | LEVEL, 0);
    line(10, 1);
    g_assert_cmpint(take_messages(), ==, 1);
    g_assert_cmphex(message, ==, 0x8041);
    g_assert_cmphex(reg_read(0x10 + 20), ==, 0x41 | LEVEL | RIRR);
    line(10, 1);
    g_assert_cmpint(take_messages(), ==, 0);
    ioapic_eoi_broadcast(0x40);
    g_assert_cmpint(take_messages(), ==, 0);
    ioapic_eoi_broadcast(0x41);
    g_assert_cmpint(take_messages(), ==, 1);
    line(10, 0);
    ioapic_eoi_broadcast(0x41);
    g_assert_cmpint(take_messages(), ==, 0);
    g_assert_cmphex(reg_read(0x10 + 20), ==, 0x41 | LEVEL);
}

static void test_level_before_unmask_is_delivered(void)
{
    start();
    entry(10, 0x41 | LEVEL | MASKED, 0);
    line(10, 1);
    g_assert_cmpint(take_messages(), ==, 0);
    entry(10, 0x41 | LEVEL, 0);
    g_assert_cmpint(take_messages(), ==, 1);
}

static void test_eoi_register(void)
{
    start();
    entry(11, 0x55 | LEVEL, 0);
    line(11, 1);
    line(11, 0);
    address_space_stl_le(&address_space_memory, IO_APIC_DEFAULT_ADDRESS + 0x40, 0x55,
                         MEMTXATTRS_UNSPECIFIED, NULL);
    g_assert_cmphex(reg_read(0x10 + 22), ==, 0x55 | LEVEL);
}

static void test_switch_to_edge_clears_remote_irr(void)
{
    start();
    entry(11, 0x55 | LEVEL, 0);
    line(11, 1);
    line(11, 0);
    entry(11, 0x55, 0);
    g_assert_cmphex(reg_read(0x10 + 22), ==, 0x55);
    entry(11, 0x55 | LEVEL | RIRR, 0);
    g_assert_cmphex(reg_read(0x10 + 22), ==, 0x55 | LEVEL);
}

static void test_delivery_modes_are_in_the_message(void)
{
    start();
    entry(5, 0x60 | 1 << 8 | 1 << 11, 0xff); /* lowest priority, logical */
    line(5, 1);
    g_assert_cmphex(message, ==, 0x000ff00400000160);
}

static void test_stuck_level_is_slowed_down(void)
{
    unsigned n = 0;

    start();
    entry(12, 0x70 | LEVEL, 0);
    line(12, 1);
    while (take_messages()) {
        n++;
        ioapic_eoi_broadcast(0x70);
    }
    g_assert_cmpint(n, ==, 10000);
    isa_rig_advance_ns(11 * SCALE_MS);
    g_assert_cmpint(take_messages(), ==, 1);
}

static void msi_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    messages++;
    message = addr << 32 | data;
}

static uint64_t msi_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static const MemoryRegionOps msi_ops = {.read = msi_read, .write = msi_write};

int main(int argc, char **argv)
{
    static MemoryRegion msi;

    g_test_init(&argc, &argv, NULL);
    isa_rig_init();
    memory_region_init_io(&msi, NULL, &msi_ops, NULL, "msi", 0x100000);
    memory_region_add_subregion(get_system_memory(), 0xfee00000, &msi);
    ioapic = qdev_new(TYPE_IOAPIC);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(ioapic), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(ioapic), 0, IO_APIC_DEFAULT_ADDRESS);

#define T(name) g_test_add_func("/ioapic/" #name, test_##name)
    T(identification);
    T(edge_is_delivered_once);
    T(masked_edge_is_lost);
    T(timer_line_is_pin_2);
    T(timer_ticks_are_kept);
    T(level_repeats_after_eoi);
    T(level_before_unmask_is_delivered);
    T(eoi_register);
    T(switch_to_edge_clears_remote_irr);
    T(delivery_modes_are_in_the_message);
    T(stuck_level_is_slowed_down);
    return g_test_run();
}
