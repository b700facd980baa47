/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that two machines share: what one writes the other reads; saving; unplugging. */
#include "libqtest.h"
#include <glib/gstdio.h>

#define DEVICE QPCI_DEVFN(5, 0)
#define REGS   0xe0000000ull
#define SHARED 0xe1000000ull

static char *dir, *memory;

static char *arguments(const char *more)
{
    return g_strdup_printf("-machine pc -nodefaults -m 64 -object memory-backend-file,id=m,size=1M,"
                           "share=on,mem-path=%s -device ivshmem-plain,id=i,memdev=m,addr=5%s",
                           memory, more);
}

static void map_device(QTestState *qts)
{
    qpci_config_writel(qts, DEVICE, 0x10, REGS);
    qpci_config_writel(qts, DEVICE, 0x18, SHARED);
    qpci_config_writel(qts, DEVICE, 0x1c, 0);
    qpci_config_writew(qts, DEVICE, 4, 2);
}

static QTestState *start(const char *more)
{
    g_autofree char *args = arguments(more);
    QTestState *qts = qtest_init(args);

    map_device(qts);
    return qts;
}

static void test_identity(void)
{
    QTestState *qts = start("");

    g_assert_cmphex(qpci_config_readl(qts, DEVICE, 0), ==, 0x11101af4);
    g_assert_cmphex(qpci_config_readl(qts, DEVICE, 8), ==, 0x05000001);
    g_assert_cmphex(qpci_config_readb(qts, DEVICE, 0x3d), ==, 0);
    qpci_config_writel(qts, DEVICE, 0x18, 0xffffffff);
    g_assert_cmphex(qpci_config_readl(qts, DEVICE, 0x18), ==,
                    0xfff0000c); /* 64 bits, prefetchable */
    for (int reg = 0; reg < 0x10; reg += 4) {
        qtest_writel(qts, REGS + reg, 0xffffffff);
        g_assert_cmphex(qtest_readl(qts, REGS + reg), ==, 0);
    }
    qtest_quit(qts);
}

static void test_shared(void)
{
    QTestState *one = start(""), *other = start("");

    qtest_writeq(one, SHARED + 0x1000, 0x1122334455667788);
    g_assert_cmphex(qtest_readq(other, SHARED + 0x1000), ==, 0x1122334455667788);
    qtest_writeq(other, SHARED + 0xffff8, 42);
    g_assert_cmphex(qtest_readq(one, SHARED + 0xffff8), ==, 42);
    qtest_system_reset(one); /* the memory is not the machine's */
    map_device(one);
    g_assert_cmphex(qtest_readq(one, SHARED + 0x1000), ==, 0x1122334455667788);
    qtest_quit(one);
    qtest_quit(other);
}

static void test_saved_state(void)
{
    g_autofree char *path = g_build_filename(dir, "state", NULL), *args = arguments(",master=on");
    QTestState *qts = start("");
    g_autoptr(QDict) response = NULL;
    const char *reason;

    response = qtest_qmp(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", path);
    reason = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
    g_assert_nonnull(strstr(reason, "only with master=on"));
    qtest_quit(qts);

    qts = start(",master=on");
    qtest_writeq(qts, SHARED, 43);
    qtest_save(qts, path);
    qtest_writeq(qts, SHARED, 44);
    qtest_quit(qts);
    qts = qtest_load(args, path);
    g_assert_cmphex(qtest_readq(qts, SHARED), ==, 43);
    qtest_quit(qts);
    g_unlink(path);
}

/* The memory is free again, and so is saving. */
static void test_unplug(void)
{
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    QTestState *qts = start("");

    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'i'}}");
    qtest_outl(qts, 0xae08, 1 << 5); /* what the guest's AML does: eject */
    qtest_qmp_eventwait(qts, "DEVICE_DELETED");
    qtest_qmp_assert_success(qts, "{'execute': 'object-del', 'arguments': {'id': 'm'}}");
    qtest_save(qts, path);
    qtest_quit(qts);
    g_unlink(path);
}

/* Ends with status 1 and says @words. */
static void refused(const char *options, const char *words)
{
    g_autofree char *message = NULL;
    g_autofree char *command = g_strdup_printf("%s -S -display none -machine pc %s",
                                               g_getenv("QTEST_QEMU_BINARY"), options);
    int status;

    g_assert_true(g_spawn_command_line_sync(command, NULL, &message, &status, NULL));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    if (!strstr(message, words)) {
        g_assert_cmpstr(message, ==, words);
    }
}

static void test_refused(void)
{
    refused("-device ivshmem-plain", "memdev= is missing");
    refused("-object memory-backend-ram,id=m,size=3M -device ivshmem-plain,memdev=m",
            "3145728 bytes");
    refused("-object memory-backend-ram,id=m,size=4M -device ivshmem-plain,memdev=m "
            "-device ivshmem-plain,memdev=m",
            "memdev=m is in use already");
    refused("-only-migratable -object memory-backend-ram,id=m,size=4M "
            "-device ivshmem-plain,memdev=m",
            "only with master=on");
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("rhea-ivshmem-XXXXXX", NULL);
    memory = g_build_filename(dir, "memory", NULL);
    g_test_add_func("/ivshmem/identity", test_identity);
    g_test_add_func("/ivshmem/shared", test_shared);
    g_test_add_func("/ivshmem/saved-state", test_saved_state);
    g_test_add_func("/ivshmem/unplug", test_unplug);
    g_test_add_func("/ivshmem/refused", test_refused);
    status = g_test_run();
    g_unlink(memory);
    g_rmdir(dir);
    g_free(memory);
    g_free(dir);
    return status;
}
