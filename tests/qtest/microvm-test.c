/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine microvm: slots for virtio devices in memory, with the entropy device
 * in one of them; events, power off and reset.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "virtio-driver.h"
#include <glib/gstdio.h>

#define SLOT(n)    (0xfeb00000ull + (n)*0x200)
#define GED_EVENTS 0xfea00000ull
#define GED_REGS   0xfea00200ull

static QTestState *qts;

static void one_request(VdrvQueue *vq)
{
    VdrvBuf buf = {vdrv_alloc(qts, 4096), 64, true};
    uint32_t len;

    vdrv_add(vq, &buf, 1);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 64);
    g_assert(qtest_readq(qts, buf.addr) || qtest_readq(qts, buf.addr + 8));
}

/* fw_cfg file etc/fdt: a flattened device tree with room behind it. */
static void test_device_tree(void)
{
    struct QEMU_PACKED {
        uint32_t size;
        uint16_t key, reserved;
        char name[56];
    } file;
    uint8_t header[8];

    qts = qtest_init("-machine microvm -nodefaults");
    qtest_outw(qts, 0x510, 0x19);
    for (int i = 0; i < 4; i++) {
        qtest_inb(qts, 0x511);
    }
    do {
        for (size_t i = 0; i < sizeof(file); i++) {
            ((uint8_t *)&file)[i] = qtest_inb(qts, 0x511);
        }
    } while (file.name[0] && strcmp(file.name, "etc/fdt"));
    g_assert_cmphex(bswap32(file.size), ==, 1 << 20);
    qtest_outw(qts, 0x510, bswap16(file.key));
    for (size_t i = 0; i < sizeof(header); i++) {
        header[i] = qtest_inb(qts, 0x511);
    }
    g_assert_cmphex((uint32_t)ldl_be_p(header), ==, 0xd00dfeed);
    g_assert_cmphex(ldl_be_p(header + 4), ==, 1 << 20);
    qtest_quit(qts);
}

/* A model without a version is the newest one. */
static void test_cpu_version(void)
{
    g_autoptr(QDict) response = NULL;

    qts = qtest_init("-machine microvm -cpu Skylake-Client");
    response = qtest_qmp(qts, "{'execute': 'qom-get', 'arguments': {"
                              "'path': '/machine/unattached/device[0]', 'property': 'model-id'}}");
    g_assert_cmpstr(qdict_get_str(response, "return"), ==,
                    "Intel Core Processor (Skylake, IBRS, no TSX)");
    qtest_quit(qts);
}

static void test_empty_slots(void)
{
    qts = qtest_init("-machine microvm -nodefaults");
    for (int i = 0; i < 24; i++) {
        g_assert_cmphex(qtest_readl(qts, SLOT(i)), ==, 0x74726976);
        g_assert_cmphex(qtest_readl(qts, SLOT(i) + 4), ==, 1);
        g_assert_cmphex(qtest_readl(qts, SLOT(i) + 8), ==, 0);
        qtest_writel(qts, SLOT(i) + 0x70, 1);
        g_assert_cmphex(qtest_readl(qts, SLOT(i) + 0x70), ==, 0);
    }
    qtest_quit(qts);
}

static void check_slot(const char *options, uint64_t features)
{
    VdrvDev *dev;
    VdrvQueue *vq;

    qts = qtest_initf("-machine microvm -nodefaults -m 128 %s", options);
    dev = vdrv_mmio_new(qts, SLOT(23));
    g_assert_cmphex(qtest_readl(qts, SLOT(23) + 8), ==, 4);
    vdrv_start(dev, features);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    for (int i = 0; i < 20; i++) {
        one_request(vq);
        g_assert_cmphex(vdrv_read_isr(dev), ==, 1);
        g_assert_cmphex(vdrv_read_isr(dev), ==, 0);
    }
    g_free(vq);
    vdrv_free(dev);
    qtest_quit(qts);
}

static void test_legacy(void)
{
    check_slot("-device virtio-rng-device", 0);
}

static void test_modern(void)
{
    check_slot("-global virtio-mmio.force-legacy=off -device virtio-rng-device", 0);
    check_slot("-global virtio-mmio.force-legacy=off -device virtio-rng-device,packed=on",
               VDRV_PACKED);
    check_slot("-global virtio-mmio.force-legacy=off -global virtio-mmio.ioeventfd=off "
               "-device virtio-rng-device",
               0);
}

/* A slot's line at the second I/O APIC. */
static void test_interrupt(void)
{
    VdrvDev *dev;
    VdrvQueue *vq;

    qts = qtest_init("-machine microvm -nodefaults -m 128 "
                     "-global virtio-mmio.force-legacy=off -device virtio-rng-device");
    qtest_irq_intercept_in(qts, "/machine/ioapic-secondary");
    dev = vdrv_mmio_new(qts, SLOT(23));
    vdrv_start(dev, 0);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    one_request(vq);
    g_assert(qtest_get_irq(qts, 23));
    vdrv_read_isr(dev);
    g_assert(!qtest_get_irq(qts, 23));
    g_free(vq);
    vdrv_free(dev);
    qtest_quit(qts);
}

static void test_power_button(void)
{
    qts = qtest_init("-machine microvm -nodefaults");
    g_assert_cmphex(qtest_readl(qts, GED_EVENTS), ==, 0);
    qtest_qmp_assert_success(qts, "{'execute': 'system_powerdown'}");
    qtest_qmp_eventwait(qts, "POWERDOWN");
    g_assert_cmphex(qtest_readl(qts, GED_EVENTS), ==, 2);
    g_assert_cmphex(qtest_readl(qts, GED_EVENTS), ==, 0);
    qtest_quit(qts);
}

static void test_reset_register(void)
{
    qts = qtest_init("-machine microvm -nodefaults");
    qtest_writeb(qts, GED_REGS + 2, 0x41);
    qtest_writeb(qts, GED_REGS + 2, 0x42);
    qtest_qmp_eventwait(qts, "RESET");
    qtest_quit(qts);
}

static void test_power_off(void)
{
    qts = qtest_init("-machine microvm -nodefaults -no-shutdown");
    qtest_writeb(qts, GED_REGS, 3 << 2 | 0x20); /* S3: there is none */
    qtest_writeb(qts, GED_REGS, 5 << 2 | 0x20);
    qtest_qmp_eventwait(qts, "SHUTDOWN");
    qtest_quit(qts);
}

static void wait_saved(void)
{
    for (;;) {
        g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-migrate'}");
        const char *status = qdict_get_try_str(qdict_get_qdict(response, "return"), "status");

        g_assert_cmpstr(status, !=, "failed");
        if (!g_strcmp0(status, "completed")) {
            return;
        }
    }
}

static void test_state(void)
{
    const char *args = "-machine microvm -nodefaults -m 128 -global virtio-mmio.force-legacy=off "
                       "-device virtio-rng-device";
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("qtest-microvm-XXXXXX", &file, NULL);
    VdrvDev *dev;
    VdrvQueue *vq;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    qts = qtest_init(args);
    dev = vdrv_mmio_new(qts, SLOT(23));
    vdrv_start(dev, VDRV_EVENT_IDX);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    one_request(vq);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", file);
    wait_saved();
    qtest_quit(qts);

    qts = qtest_initf("%s -incoming file:%s", args, file);
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    dev->qts = qts;
    g_assert_cmphex(vdrv_read_isr(dev), ==, 1);
    for (int i = 0; i < 10; i++) {
        one_request(vq);
    }
    g_unlink(file);
    g_free(vq);
    vdrv_free(dev);
    qtest_quit(qts);
}

/* All the slots without a second I/O APIC and without ACPI. */
static void test_variants(void)
{
    static const char *const variants[] = {"ioapic2=off", "acpi=off", "pit=off,pic=off,rtc=off",
                                           "isa-serial=off"};

    for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
        qts = qtest_initf("-machine microvm,%s -nodefaults -device virtio-rng-device", variants[i]);
        g_assert_cmphex(qtest_readl(qts, SLOT(i < 2 ? 7 : 23) + 8), ==, 4);
        qtest_system_reset(qts);
        qtest_quit(qts);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/microvm/device-tree", test_device_tree);
    g_test_add_func("/microvm/cpu-version", test_cpu_version);
    g_test_add_func("/microvm/empty-slots", test_empty_slots);
    g_test_add_func("/microvm/legacy", test_legacy);
    g_test_add_func("/microvm/modern", test_modern);
    g_test_add_func("/microvm/interrupt", test_interrupt);
    g_test_add_func("/microvm/power-button", test_power_button);
    g_test_add_func("/microvm/reset-register", test_reset_register);
    g_test_add_func("/microvm/power-off", test_power_off);
    g_test_add_func("/microvm/state", test_state);
    g_test_add_func("/microvm/variants", test_variants);
    return g_test_run();
}
