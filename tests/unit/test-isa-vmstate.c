/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved state of the chips of a PC: each device, brought into a state that is
 * far from reset through its ports, is saved, reset and loaded, and then saves
 * the same bytes and reads the same. Damaged streams do no harm.
 */
#include "qemu/osdep.h"
#include "hw/audio/pcspk.h"
#include "hw/char/serial-isa.h"
#include "hw/dma/i8257.h"
#include "hw/i386/port92.h"
#include "hw/input/i8042.h"
#include "hw/intc/ioapic.h"
#include "hw/isa/i8259_internal.h"
#include "hw/rtc/mc146818rtc.h"
#include "hw/sysbus.h"
#include "hw/timer/hpet.h"
#include "hw/timer/i8254_internal.h"
#include "exec/address-spaces.h"
#include "isa-rig.h"
#include "migration/qemu-file.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "system/rtc.h"

#define MAX_DEVICES 24

static DeviceState *devices[MAX_DEVICES];
static int num_devices;

/* ---- streams in memory ---- */

typedef struct Stream {
    GByteArray *bytes;
    size_t pos;
} Stream;

static ssize_t stream_read(void *opaque, uint8_t *buf, size_t size)
{
    Stream *s = opaque;
    size_t n = MIN(size, s->bytes->len - s->pos);

    memcpy(buf, s->bytes->data + s->pos, n);
    s->pos += n;
    return n;
}

static int stream_write(void *opaque, const uint8_t *buf, size_t size)
{
    g_byte_array_append(((Stream *)opaque)->bytes, buf, size);
    return 0;
}

static int stream_close(void *opaque)
{
    return 0;
}

static const QEMUFileOps stream_ops = {
    .read = stream_read,
    .write = stream_write,
    .close = stream_close,
};

static GByteArray *save(DeviceState *dev)
{
    Stream s = {.bytes = g_byte_array_new()};
    QEMUFile *f = qemu_file_new(&stream_ops, &s, true);

    g_assert_cmpint(vmstate_save_state(f, DEVICE_GET_CLASS(dev)->vmsd, dev, &error_abort), ==, 0);
    g_assert_cmpint(qemu_fclose(f), ==, 0);
    return s.bytes;
}

static int load(DeviceState *dev, GByteArray *bytes, Error **errp)
{
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(dev)->vmsd;
    Stream s = {.bytes = bytes};
    QEMUFile *f = qemu_file_new(&stream_ops, &s, false);
    int ret = vmstate_load_state(f, vmsd, dev, vmsd->version_id, errp);

    qemu_fclose(f);
    return ret;
}

static void reset_all(void)
{
    for (int i = 0; i < num_devices; i++) {
        device_cold_reset(devices[i]);
    }
}

/* ---- a lived-in machine ---- */

static void hpet_set(hwaddr reg, uint64_t val)
{
    address_space_stq_le(&address_space_memory, HPET_BASE + reg, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

static void ioapic_set(uint8_t reg, uint32_t val)
{
    address_space_stl_le(&address_space_memory, IO_APIC_DEFAULT_ADDRESS, reg,
                         MEMTXATTRS_UNSPECIFIED, NULL);
    address_space_stl_le(&address_space_memory, IO_APIC_DEFAULT_ADDRESS + 0x10, val,
                         MEMTXATTRS_UNSPECIFIED, NULL);
}

static void out_list(const uint16_t list[][2], int n)
{
    for (int i = 0; i < n; i++) {
        cpu_outb(list[i][0], list[i][1]);
    }
}

static void live(void)
{
    static const uint16_t writes[][2] = {
        /* 8259: master ready, slave in the middle of its initialization */
        {0x20, 0x11},
        {0x21, 0x08},
        {0x21, 0x04},
        {0x21, 0x11},
        {0x21, 0xa5},
        {0x20, 0xc3},
        {0xa0, 0x11},
        {0xa1, 0x70},
        {0x4d0, 0x28},
        {0x4d1, 0x0c},
        {0x20, 0x0b},
        /* 8254: BCD, a latched count, half of a count written */
        {0x43, 0x35},
        {0x40, 0x34},
        {0x40, 0x12},
        {0x43, 0x00},
        {0x61, 0x03},
        {0x43, 0xb0},
        {0x42, 0x77},
        /* clock: alarm, all interrupts, index in RAM */
        {0x70, 0x01},
        {0x71, 0x30},
        {0x70, 0x0a},
        {0x71, 0x2a},
        {0x70, 0x0b},
        {0x71, 0x72},
        {0x70, 0x45},
        {0x71, 0x99},
        /* 8042: bytes waiting, a command without its data, A20 off */
        {0x64, 0x60},
        {0x60, 0x43},
        {0x60, 0xf2},
        {0x64, 0xd4},
        {0x60, 0xf4},
        {0x64, 0xdd},
        {0x64, 0xd1},
        {0x92, 0x02},
        /* 8237 */
        {0x0c, 0x00},
        {0x04, 0x12},
        {0x04, 0x34},
        {0x05, 0x56},
        {0x81, 0x78},
        {0x0b, 0x46},
        {0x09, 0x06},
        /* UART: FIFOs on with bytes in, speed, interrupts */
        {0x3fb, 0x83},
        {0x3f8, 0x06},
        {0x3fb, 0x03},
        {0x3fa, 0x81},
        {0x3f9, 0x0f},
        {0x3fc, 0x13},
        {0x3f8, 0x41},
        {0x3f8, 0x42},
        {0x3ff, 0x5a},
    };

    out_list(writes, ARRAY_SIZE(writes));
    qemu_input_event_send_key_qcode(NULL, Q_KEY_CODE_UP, true);
    qemu_input_queue_rel(NULL, INPUT_AXIS_X, 1000);
    qemu_input_event_sync();
    hpet_set(0x010, 3);
    hpet_set(0x100, 0x0c | 0x40 | 20 << 9);
    hpet_set(0x108, 5000000);
    hpet_set(0x128, 700);
    hpet_set(0x120, 0x06 | 21 << 9);
    ioapic_set(0x10 + 2 * 9, 0x8055);
    ioapic_set(0x11 + 2 * 9, 0x03000000);
    isa_rig_advance_ns(1234567890);
}

/* ---- tests ---- */

static void test_saved_reset_loaded_saves_the_same(void)
{
    reset_all();
    live();
    for (int i = 0; i < num_devices; i++) {
        DeviceState *dev = devices[i];
        g_autoptr(GByteArray) before = NULL;
        g_autoptr(GByteArray) after = NULL;

        if (!DEVICE_GET_CLASS(dev)->vmsd) {
            continue;
        }
        before = save(dev);
        device_cold_reset(dev);
        g_assert_cmpint(load(dev, before, &error_abort), ==, 0);
        after = save(dev);
        g_test_message("%s: %u bytes", object_get_typename(OBJECT(dev)), before->len);
        g_assert_cmpmem(before->data, before->len, after->data, after->len);
    }
}

static void test_loaded_machine_goes_on(void)
{
    g_autoptr(GByteArray) pit = NULL;
    g_autoptr(GByteArray) rtc = NULL;

    reset_all();
    cpu_outb(0x43, 0x34);
    cpu_outb(0x40, 0xa9);
    cpu_outb(0x40, 0x04); /* 1193: 1000 Hz */
    isa_rig_advance_ns(1500000);
    pit = save(devices[0]);
    device_cold_reset(devices[0]);
    isa_rig_advance_ns(100);
    load(devices[0], pit, &error_abort);
    isa_rig_take_rises(0);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 1000);

    cpu_outb(0x70, 0x0b);
    cpu_outb(0x71, 0x12);
    rtc = save(devices[1]);
    device_cold_reset(devices[1]);
    load(devices[1], rtc, &error_abort);
    cpu_outb(0x70, 0x0c);
    cpu_inb(0x71);
    isa_rig_take_rises(8);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(isa_rig_take_rises(8), ==, 1);
}

/* Each byte in turn is wrong, then the stream is short: refused or taken, never a crash. */
static void test_damaged_streams_do_no_harm(void)
{
    reset_all();
    live();
    for (int i = 0; i < num_devices; i++) {
        DeviceState *dev = devices[i];
        g_autoptr(GByteArray) good = NULL;

        if (!DEVICE_GET_CLASS(dev)->vmsd) {
            continue;
        }
        good = save(dev);
        for (unsigned pos = 0; pos < good->len; pos++) {
            uint8_t was = good->data[pos];
            Error *err = NULL;

            good->data[pos] ^= 0xff;
            load(dev, good, &err);
            error_free(err);
            good->data[pos] = was;
            if (pos % 16 == 0) {
                isa_rig_advance_ns(100);
                cpu_inb(0x60);
                cpu_inb(0x40);
                cpu_inb(0x3f8);
                cpu_outb(0x3f8, 'x');
            }
        }
        device_cold_reset(dev);
        g_byte_array_set_size(good, good->len / 2);
        g_assert_cmpint(load(dev, good, NULL), <, 0);
        device_cold_reset(dev);
    }
}

static DeviceState *add(void *dev)
{
    g_assert_cmpint(num_devices, <, MAX_DEVICES);
    devices[num_devices++] = DEVICE(dev);
    return DEVICE(dev);
}

static void add_sysbus(const char *type, hwaddr addr)
{
    DeviceState *dev = qdev_new(type);

    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, addr);
    add(dev);
}

int main(int argc, char **argv)
{
    DeviceState *dev;

    g_test_init(&argc, &argv, NULL);
    isa_rig_init();
    rtc_configure("2024-02-28T23:59:00", "vm", &error_abort);
    dev = add(i8254_pit_init(rig.bus, 0x40, 0, NULL));
    add(mc146818_rtc_init(rig.bus, 2000, NULL));
    add(isa_new(TYPE_PC_SPEAKER));
    object_property_set_link(OBJECT(devices[2]), "pit", OBJECT(dev), &error_abort);
    isa_realize_and_unref(ISA_DEVICE(devices[2]), rig.bus, &error_abort);
    g_free(i8259_init(rig.bus, NULL));
    add(isa_pic);
    add(isa_pic->slave);
    dev = add(isa_create_simple(rig.bus, TYPE_I8042));
    add(&I8042(dev)->ps2kbd);
    add(&I8042(dev)->ps2mouse);
    add(isa_create_simple(rig.bus, TYPE_PORT92));
    i8257_dma_init(qdev_get_machine(), rig.bus, false);
    add(isa_bus_get_dma(rig.bus, 0));
    add(isa_bus_get_dma(rig.bus, 5));
    add(isa_create_simple(rig.bus, TYPE_ISA_SERIAL));
    add(isa_create_simple(rig.bus, "ib700"));
    dev = qdev_new(TYPE_HPET);
    qdev_prop_set_uint32(dev, "hpet-intcap", 0xff0104);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, HPET_BASE);
    add(dev);
    add_sysbus(TYPE_IOAPIC, IO_APIC_DEFAULT_ADDRESS);

    g_test_add_func("/isa-vmstate/saved_reset_loaded_saves_the_same",
                    test_saved_reset_loaded_saves_the_same);
    g_test_add_func("/isa-vmstate/loaded_machine_goes_on", test_loaded_machine_goes_on);
    g_test_add_func("/isa-vmstate/damaged_streams_do_no_harm", test_damaged_streams_do_no_harm);
    return g_test_run();
}
