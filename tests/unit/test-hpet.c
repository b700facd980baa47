/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HPET: counter, comparators in their modes, routing, legacy replacement, messages. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/sysbus.h"
#include "hw/timer/hpet.h"
#include "isa-rig.h"
#include "qapi/error.h"

#define CFG       0x010
#define STATUS    0x020
#define COUNTER   0x0f0
#define TN(n)     (0x100 + 0x20 * (n))
#define TN_CMP(n) (TN(n) + 8)
#define TN_FSB(n) (TN(n) + 16)

#define LEVEL     0x0002u
#define ENABLE    0x0004u
#define PERIODIC  0x0008u
#define SETVAL    0x0040u
#define MODE32    0x0100u
#define ROUTE(n)  ((n) << 9)
#define FSB       0x4000u

static DeviceState *hpet;
static IsaRigLine out[32];
static IsaRigLine pit_enabled;
static uint64_t message;
static unsigned messages;

static uint64_t get64(hwaddr reg)
{
    return address_space_ldq_le(&address_space_memory, HPET_BASE + reg, MEMTXATTRS_UNSPECIFIED,
                                NULL);
}

static uint32_t get(hwaddr reg)
{
    return address_space_ldl_le(&address_space_memory, HPET_BASE + reg, MEMTXATTRS_UNSPECIFIED,
                                NULL);
}

static void set64(hwaddr reg, uint64_t val)
{
    address_space_stq_le(&address_space_memory, HPET_BASE + reg, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

static void set(hwaddr reg, uint32_t val)
{
    address_space_stl_le(&address_space_memory, HPET_BASE + reg, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

static void start(void)
{
    device_cold_reset(hpet);
    memset(out, 0, sizeof(out));
    messages = 0;
}

static void test_capabilities(void)
{
    start();
    g_assert_cmphex(get64(0), ==, 0x009896808086a201);
    g_assert_cmphex(get(4), ==, 0x00989680);
    g_assert_cmphex(get64(TN(0)), ==, 0x00ff010400008030);
    g_assert_cmphex(get64(TN_CMP(1)), ==, UINT64_MAX);
    g_assert_cmpint(pit_enabled.level, ==, 1);
    g_assert_cmpint(hpet_fw_cfg.count, ==, 1);
    g_assert_cmphex(hpet_fw_cfg.hpet[0].event_timer_block_id, ==, 0x8086a201);
    g_assert_cmphex(hpet_fw_cfg.hpet[0].address, ==, HPET_BASE);
}

static void test_counter_runs_only_while_enabled(void)
{
    start();
    set64(COUNTER, 0x123456789a);
    isa_rig_advance_ns(1000);
    g_assert_cmphex(get64(COUNTER), ==, 0x123456789a);
    set(CFG, 1);
    isa_rig_advance_ns(1000);
    g_assert_cmphex(get64(COUNTER), ==, 0x123456789a + 100);
    g_assert_cmphex(get(COUNTER + 4), ==, 0x12);
    set(CFG, 0);
    isa_rig_advance_ns(1000);
    g_assert_cmphex(get64(COUNTER), ==, 0x123456789a + 100);
}

static void test_one_shot_edge(void)
{
    start();
    set(CFG, 1);
    set64(TN_CMP(0), 500);
    set(TN(0), ENABLE | ROUTE(20));
    isa_rig_advance_ns(4990);
    g_assert_cmpint(out[20].rises, ==, 0);
    isa_rig_advance_ns(20);
    g_assert_cmpint(out[20].rises, ==, 1);
    g_assert_cmphex(get(STATUS), ==, 0);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(out[20].rises, ==, 1);
}

static void test_comparator_just_missed_fires_at_once(void)
{
    start();
    set(CFG, 1);
    set(TN(0), ENABLE | MODE32 | ROUTE(20));
    isa_rig_advance_ns(1000000);
    set(TN_CMP(0), get(COUNTER) - 100);
    isa_rig_advance_ns(1);
    g_assert_cmpint(out[20].rises, ==, 1);
}

static void test_32_bit_matches_again_after_wrap(void)
{
    start();
    set(CFG, 1);
    set(TN(0), ENABLE | MODE32 | ROUTE(20));
    set(TN_CMP(0), 1000);
    isa_rig_advance_ns(20000);
    g_assert_cmpint(out[20].rises, ==, 1);
    isa_rig_advance_ns(42949672960);
    g_assert_cmpint(out[20].rises, ==, 2);
}

static void test_level_stays_until_status_is_written(void)
{
    start();
    set(CFG, 1);
    set64(TN_CMP(1), 100);
    set(TN(1), ENABLE | LEVEL | ROUTE(21));
    isa_rig_advance_ns(2000);
    g_assert_cmpint(out[21].level, ==, 1);
    g_assert_cmphex(get(STATUS), ==, 2);
    set(STATUS, 1);
    g_assert_cmpint(out[21].level, ==, 1);
    set(STATUS, 2);
    g_assert_cmpint(out[21].level, ==, 0);
    g_assert_cmphex(get(STATUS), ==, 0);
}

static void check_periodic(uint32_t mode)
{
    start();
    set(CFG, 1);
    isa_rig_advance_ns(12345000);
    set(TN(2), ENABLE | PERIODIC | SETVAL | mode | ROUTE(16));
    set64(TN_CMP(2), get64(COUNTER) + 100000); /* first in 1 ms */
    set64(TN_CMP(2), 50000);                   /* then every 0.5 ms */
    isa_rig_advance_ns(999990);
    g_assert_cmpint(out[16].rises, ==, 0);
    isa_rig_advance_ns(20);
    g_assert_cmpint(out[16].rises, ==, 1);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(out[16].rises, ==, 2001);
    /* Off and on: goes on in the same rhythm */
    set(TN(2), PERIODIC | mode | ROUTE(16));
    isa_rig_advance_ns(10000000);
    g_assert_cmpint(out[16].rises, ==, 2001);
    set(TN(2), ENABLE | PERIODIC | mode | ROUTE(16));
    isa_rig_advance_ns(1000000);
    g_assert_cmpint(out[16].rises, ==, 2003);
}

static void test_periodic_64_bit(void)
{
    check_periodic(0);
}

static void test_periodic_32_bit(void)
{
    check_periodic(MODE32);
}

/* A late host makes up for all ticks, but not for an age of them. */
static void test_late_ticks_are_made_up_for(void)
{
    start();
    set(CFG, 1);
    set(TN(2), ENABLE | PERIODIC | SETVAL | ROUTE(16));
    set64(TN_CMP(2), 400000); /* 4 ms */
    set64(TN_CMP(2), 400000);
    isa_rig_jump_ns(20 * SCALE_MS);
    g_assert_cmpint(out[16].rises, ==, 5);
    isa_rig_jump_ns(3600 * NANOSECONDS_PER_SECOND);
    g_assert_cmpint(out[16].rises, ==, 255);
    isa_rig_advance_ns(40 * SCALE_MS);
    g_assert_cmpint(out[16].rises, ==, 265);
}

static void test_tiny_period_does_not_hang(void)
{
    start();
    set(CFG, 1);
    set(TN(0), ENABLE | PERIODIC | SETVAL | ROUTE(16));
    set64(TN_CMP(0), 1);
    isa_rig_advance_ns(1000000);
    g_assert_cmpint(out[16].rises, >, 50);
    g_assert_cmpint(out[16].rises, <=, 101);
    set(TN_CMP(0), 0);
    isa_rig_advance_ns(1000000);
}

static void test_legacy_mode_replaces_pit_and_rtc(void)
{
    start();
    qemu_set_irq(qdev_get_gpio_in(hpet, HPET_LEGACY_PIT_INT), 1);
    g_assert_cmpint(out[0].level, ==, 1);
    qemu_set_irq(qdev_get_gpio_in(hpet, HPET_LEGACY_RTC_INT), 1);
    g_assert_cmpint(out[8].level, ==, 1);
    set(CFG, 3);
    g_assert_cmpint(pit_enabled.level, ==, 0);
    g_assert_cmpint(out[0].level, ==, 0);
    g_assert_cmpint(out[8].level, ==, 0);
    qemu_set_irq(qdev_get_gpio_in(hpet, HPET_LEGACY_PIT_INT), 0);
    qemu_set_irq(qdev_get_gpio_in(hpet, HPET_LEGACY_PIT_INT), 1);
    g_assert_cmpint(out[0].level, ==, 0);
    set64(TN_CMP(0), get(COUNTER) + 10);
    set(TN(0), ENABLE | ROUTE(20));
    set64(TN_CMP(1), get(COUNTER) + 10);
    set(TN(1), ENABLE | ROUTE(20));
    out[0].rises = out[8].rises = 0;
    isa_rig_advance_ns(1000);
    g_assert_cmpint(out[0].rises, ==, 1);
    g_assert_cmpint(out[8].rises, ==, 1);
    g_assert_cmpint(out[20].rises, ==, 0);
    set(CFG, 1);
    g_assert_cmpint(pit_enabled.level, ==, 1);
    g_assert_cmpint(out[8].level, ==, 1);
    qemu_set_irq(qdev_get_gpio_in(hpet, HPET_LEGACY_RTC_INT), 0);
    g_assert_cmpint(out[8].level, ==, 0);
}

static void test_message_delivery(void)
{
    start();
    set(CFG, 1);
    set64(TN_FSB(2), 0xfee0100000004567);
    set64(TN_CMP(2), 100);
    set(TN(2), ENABLE | FSB | ROUTE(20));
    isa_rig_advance_ns(2000);
    g_assert_cmpint(messages, ==, 1);
    g_assert_cmphex(message, ==, 0x100000004567);
    g_assert_cmpint(out[20].rises, ==, 0);
}

static void test_accesses_out_of_range(void)
{
    start();
    for (hwaddr reg = 0; reg < HPET_LEN; reg += 4) {
        set(reg, 0xffffffff);
        get(reg);
    }
    set(CFG, 0);
    for (hwaddr reg = 0; reg < HPET_LEN; reg += 8) {
        set64(reg, UINT64_MAX);
        get64(reg);
    }
    isa_rig_advance_ns(1000000);
    start();
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
    hpet = qdev_new(TYPE_HPET);
    qdev_prop_set_bit(hpet, "msi", true);
    qdev_prop_set_uint32(hpet, "hpet-intcap", 0xff0104);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(hpet), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(hpet), 0, HPET_BASE);
    for (int i = 0; i < 32; i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(hpet), i, isa_rig_watch(&out[i]));
    }
    qdev_connect_gpio_out(hpet, 0, isa_rig_watch(&pit_enabled));

#define T(name) g_test_add_func("/hpet/" #name, test_##name)
    T(capabilities);
    T(counter_runs_only_while_enabled);
    T(one_shot_edge);
    T(comparator_just_missed_fires_at_once);
    T(32_bit_matches_again_after_wrap);
    T(level_stays_until_status_is_written);
    T(periodic_64_bit);
    T(periodic_32_bit);
    T(late_ticks_are_made_up_for);
    T(tiny_period_does_not_hang);
    T(legacy_mode_replaces_pit_and_rtc);
    T(message_delivery);
    T(accesses_out_of_range);
    return g_test_run();
}
