/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that machines share: what one writes the other reads; saving; unplugging; interrupts from
 * and to others, with a server in this process.
 */
#include "libqtest.h"
#include <glib/gstdio.h>
#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

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

/* ---- doorbell ---- */

#define OUR_ID   7
#define PEER_ID  9
#define OTHER_ID 65535
#define MSIX     0xe2000000ull
#define MESSAGE  0x10000u

typedef struct Server {
    int listen_fd, fd; /* fd: to the device */
    int memory;
    int own[2], peer[2], other;
} Server;

static Server server;

/* A part of a message, with a descriptor unless it is -1. */
static void say_part(const void *data, size_t size, int fd)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {};
    struct iovec iov = {(void *)data, size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fd >= 0) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control.room);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
    }
    g_assert_cmpint(sendmsg(server.fd, &msg, 0), ==, size);
}

/* A message, as the specification has them. */
static void say(int64_t value, int fd)
{
    value = GINT64_TO_LE(value);
    say_part(&value, sizeof(value), fd);
}

static void greet(int64_t id, int memory_fd)
{
    say(0, -1);
    say(id, -1);
    say(-1, memory_fd);
}

/* What a device is told when it comes: it waits for that while its machine starts. */
static gpointer welcome(gpointer opaque)
{
    server.fd = accept(server.listen_fd, NULL, NULL);
    g_assert_cmpint(server.fd, >=, 0);
    greet(OUR_ID, server.memory);
    for (int i = 0; i < 2; i++) {
        say(PEER_ID, server.peer[i]);
    }
    for (int i = 0; i < 2; i++) {
        say(OUR_ID, server.own[i]);
    }
    return NULL;
}

static void make_descriptors(void)
{
    server.memory = memfd_create("shared", 0);
    g_assert_cmpint(ftruncate(server.memory, 1 << 20), ==, 0);
    for (int i = 0; i < 2; i++) {
        server.own[i] = eventfd(0, 0);
        server.peer[i] = eventfd(0, 0);
    }
    server.other = eventfd(0, 0);
}

static void close_descriptors(void)
{
    for (int i = 0; i < 2; i++) {
        close(server.own[i]);
        close(server.peer[i]);
    }
    close(server.other);
    close(server.memory);
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    g_strlcpy(un.sun_path, path, sizeof(un.sun_path));
    return un;
}

static void listen_at(const char *path)
{
    struct sockaddr_un un = address_of(path);

    server.listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    g_assert_cmpint(bind(server.listen_fd, (struct sockaddr *)&un, sizeof(un)), ==, 0);
    g_assert_cmpint(listen(server.listen_fd, 1), ==, 0);
}

static QTestState *start_with_server(const char *more)
{
    g_autofree char *path = g_build_filename(dir, "server", NULL);
    QTestState *qts;
    GThread *thread;

    listen_at(path);
    make_descriptors();
    thread = g_thread_new("server", welcome, NULL);
    qts = qtest_initf("-machine pc -nodefaults -m 64 -chardev socket,id=c,path=%s "
                      "-device ivshmem-doorbell,id=i,chardev=c,vectors=2,addr=5%s",
                      path, more);
    g_thread_join(thread);
    map_device(qts);
    qpci_config_writel(qts, DEVICE, 0x14, MSIX);
    qpci_config_writew(qts, DEVICE, 4, 6);
    g_unlink(path);
    return qts;
}

static void stop_with_server(QTestState *qts)
{
    qtest_quit(qts);
    close_descriptors();
    close(server.fd);
    close(server.listen_fd);
}

/* How often it was rung there. */
static uint64_t rung(int fd)
{
    uint64_t count = 0;

    g_assert_cmpint(fcntl(fd, F_SETFL, O_NONBLOCK), ==, 0);
    return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* The device hears of peers when it has read the message: rings until there is an answer. */
static void ring_until_heard(QTestState *qts, uint32_t doorbell, int fd)
{
    do {
        qtest_writel(qts, REGS + 12, doorbell);
    } while (!rung(fd));
}

static void check_doorbell(const char *more)
{
    QTestState *qts = start_with_server(more);

    g_assert_cmphex(qtest_readl(qts, REGS + 8), ==, OUR_ID);
    qtest_writeq(qts, SHARED, 0x1122334455667788);
    for (int i = 0; i < 2; i++) {
        ring_until_heard(qts, PEER_ID << 16 | i, server.peer[i]);
        g_assert_cmpuint(rung(server.peer[!i]), ==, 0);
        qtest_writel(qts, REGS + 12, PEER_ID << 16 | i);
        g_assert_cmpuint(rung(server.peer[i]), ==, 1);
    }
    /* Nobody, and no vector of somebody. */
    qtest_writel(qts, REGS + 12, 8 << 16);
    qtest_writel(qts, REGS + 12, PEER_ID << 16 | 2);
    qtest_writel(qts, REGS + 12, PEER_ID << 16 | 0xffff);
    /* One comes, the other goes: in that order, so that it has gone when a later one is heard of.
     */
    say(PEER_ID, -1);
    say(12345678, -1);
    say(OTHER_ID, server.other);
    ring_until_heard(qts, (uint32_t)OTHER_ID << 16, server.other);
    qtest_writel(qts, REGS + 12, PEER_ID << 16);
    g_assert_cmpuint(rung(server.peer[0]), ==, 0);
    stop_with_server(qts);
}

static void test_doorbell(void)
{
    check_doorbell("");
    check_doorbell(",ioeventfd=off");
}

static void test_interrupts(void)
{
    QTestState *qts = start_with_server("");
    int cap = qpci_find_capability(qts, DEVICE, 0x11);
    uint64_t one = 1;

    g_assert_cmphex(qpci_config_readw(qts, DEVICE, cap + 2) & 0x7ff, ==, 1);
    for (int i = 0; i < 2; i++) {
        qtest_writeq(qts, MSIX + 16 * i, MESSAGE + 4 * i);
        qtest_writel(qts, MSIX + 16 * i + 8, 0x100 + i);
        qtest_writel(qts, MSIX + 16 * i + 12, 0);
    }
    qpci_config_writew(qts, DEVICE, cap + 2, 0x8001);
    for (int i = 1; i >= 0; i--) {
        g_assert_cmpint(write(server.own[i], &one, sizeof(one)), ==, sizeof(one));
        while (qtest_readl(qts, MESSAGE + 4 * i) != 0x100 + i) {
            qtest_clock_step(qts, 1000);
        }
    }
    /* A machine may ring itself, too. */
    qtest_writel(qts, MESSAGE, 0);
    qtest_writel(qts, REGS + 12, OUR_ID << 16);
    while (qtest_readl(qts, MESSAGE) != 0x100) {
        qtest_clock_step(qts, 1000);
    }
    stop_with_server(qts);
}

static void test_doorbell_unplug(void)
{
    QTestState *qts = start_with_server("");

    ring_until_heard(qts, PEER_ID << 16, server.peer[0]);
    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'i'}}");
    qtest_outl(qts, 0xae08, 1 << 5);
    qtest_qmp_eventwait(qts, "DEVICE_DELETED");
    qtest_writel(qts, REGS + 12, PEER_ID << 16);
    g_assert_cmpuint(rung(server.peer[0]), ==, 0);
    /* The device keeps it until nobody looks at its registers any more. */
    for (bool removed = false; !removed;) {
        g_autoptr(QDict) response =
            qtest_qmp(qts, "{'execute': 'chardev-remove', 'arguments': {'id': 'c'}}");

        removed = qdict_haskey(response, "return");
    }
    stop_with_server(qts);
}

/* What the device must not take for events: it goes on with those that are. */
static void test_no_events(void)
{
    QTestState *qts = start_with_server("");
    int pipe_fds[2];

    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    say(OTHER_ID, server.memory);
    say(OTHER_ID, server.listen_fd);
    say(OTHER_ID, pipe_fds[0]);
    say(OTHER_ID, pipe_fds[1]);
    say(-1, server.memory);
    say(OTHER_ID, server.other);
    say(8, server.peer[1]);
    ring_until_heard(qts, 8 << 16, server.peer[1]);
    g_assert_cmpuint(rung(server.other), ==, 0); /* looking changed nothing */
    qtest_writel(qts, REGS + 12, (uint32_t)OTHER_ID << 16);
    g_assert_cmpuint(rung(server.other), ==, 1);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    stop_with_server(qts);
}

/* A message in parts, which are read one by one as each has a descriptor: the first counts. */
static void test_parts(void)
{
    QTestState *qts = start_with_server("");
    int64_t id = GINT64_TO_LE(OTHER_ID);

    say_part(&id, 3, server.other);
    say_part((char *)&id + 3, 4, server.own[0]);
    say_part((char *)&id + 7, 1, -1);
    say(8, server.peer[1]);
    ring_until_heard(qts, 8 << 16, server.peer[1]);
    qtest_writel(qts, REGS + 12, (uint32_t)OTHER_ID << 16);
    g_assert_cmpuint(rung(server.other), ==, 1);
    g_assert_cmpuint(rung(server.own[0]), ==, 0);
    stop_with_server(qts);
}

/* ---- other servers ---- */

static void connect_server(const char *path)
{
    struct sockaddr_un un = address_of(path);

    server.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    g_assert_cmpint(connect(server.fd, (struct sockaddr *)&un, sizeof(un)), ==, 0);
}

/*
 * Another server, which tells of one peer, comes when the one before goes, and is heard. It gives
 * another id, unless the one before told of no peers.
 */
static void replace_server(QTestState *qts, const char *path, int id)
{
    close(server.fd);
    connect_server(path);
    greet(id, server.memory);
    say(OTHER_ID, server.other);
    while (qtest_readl(qts, REGS + 8) != id) {
    }
    ring_until_heard(qts, (uint32_t)OTHER_ID << 16, server.other);
}

/* Until the device has read all that was said: what comes over another wire now is later. */
static void wait_until_read(QTestState *qts)
{
    int left;

    do {
        qtest_readl(qts, REGS);
        g_assert_cmpint(ioctl(server.fd, SIOCOUTQ, &left), ==, 0);
    } while (left > 0);
    qtest_readl(qts, REGS);
}

static void add_device(QTestState *qts, const char *ioeventfd)
{
    qtest_qmp_assert_success(qts,
                             "{'execute': 'device_add', 'arguments': {'driver': "
                             "'ivshmem-doorbell', 'id': 'i', 'chardev': 'c', 'addr': '5', "
                             "'vectors': 2, 'ioeventfd': %s}}",
                             ioeventfd);
    map_device(qts);
}

static QTestState *start_as_client(const char *path, const char *ioeventfd)
{
    QTestState *qts = qtest_initf("-machine pc -nodefaults -m 64 -chardev socket,id=c,path=%s,"
                                  "server=on,wait=off",
                                  path);

    make_descriptors();
    connect_server(path);
    greet(OUR_ID, server.memory);
    say(OUR_ID, server.own[0]);
    say(PEER_ID, server.peer[0]);
    say(OTHER_ID, server.peer[1]);
    add_device(qts, ioeventfd);
    return qts;
}

static void check_other_server(const char *ioeventfd)
{
    g_autofree char *path = g_build_filename(dir, "server", NULL);
    QTestState *qts = start_as_client(path, ioeventfd);

    qtest_writeq(qts, SHARED, 0x1122334455667788);
    ring_until_heard(qts, PEER_ID << 16, server.peer[0]);
    say_part("half", 4, server.own[1]);
    replace_server(qts, path, 11);
    /* Who came with the first has gone with it, and with its own id so have its events. */
    qtest_writel(qts, REGS + 12, PEER_ID << 16);
    qtest_writel(qts, REGS + 12, OUR_ID << 16);
    qtest_writel(qts, REGS + 12, 11 << 16);
    g_assert_cmpuint(rung(server.peer[0]), ==, 0);
    g_assert_cmpuint(rung(server.own[0]), ==, 0);
    g_assert_cmphex(qtest_readq(qts, SHARED), ==, 0x1122334455667788);
    replace_server(qts, path, OUR_ID); /* once more */
    qtest_quit(qts);
    close_descriptors();
    close(server.fd);
}

static void test_other_server(void)
{
    check_other_server("true");
    check_other_server("false");
}

/* Such a server is not listened to; the next one is. */
static void check_ignored(QTestState *qts, const char *path, int64_t version, int memory_fd)
{
    close(server.fd);
    connect_server(path);
    say(version, -1);
    say(OUR_ID, -1);
    say(-1, memory_fd);
    say(PEER_ID, server.peer[0]);
    wait_until_read(qts);
    qtest_writel(qts, REGS + 12, PEER_ID << 16);
    g_assert_cmpuint(rung(server.peer[0]), ==, 0);
    replace_server(qts, path, 11);
}

static void test_ignored_server(void)
{
    g_autofree char *path = g_build_filename(dir, "server", NULL);
    QTestState *qts = start_as_client(path, "true");
    int memory_fd = memfd_create("other", 0);

    ring_until_heard(qts, PEER_ID << 16, server.peer[0]);
    check_ignored(qts, path, 1, server.memory);
    check_ignored(qts, path, 0, -1);
    g_assert_cmpint(ftruncate(memory_fd, 1 << 20), ==, 0);
    check_ignored(qts, path, 0, memory_fd);
    g_assert_cmpint(ftruncate(memory_fd, 2 << 20), ==, 0);
    check_ignored(qts, path, 0, memory_fd);
    qtest_quit(qts);
    close(memory_fd);
    close_descriptors();
    close(server.fd);
}

/* The machine is the one that connects, again and again. */
static void test_reconnect(void)
{
    g_autofree char *path = g_build_filename(dir, "server", NULL);
    QTestState *qts;

    listen_at(path);
    make_descriptors();
    qts =
        qtest_initf("-machine pc -nodefaults -m 64 -chardev socket,id=c,path=%s,reconnect=1", path);
    for (bool connected = false; !connected;) {
        g_autofree char *info = qtest_hmp(qts, "info chardev");

        connected = !strstr(info, "disconnected");
    }
    welcome(NULL);
    add_device(qts, "true");
    ring_until_heard(qts, PEER_ID << 16, server.peer[0]);
    close(server.fd);
    welcome(NULL);
    say(OTHER_ID, server.other);
    ring_until_heard(qts, (uint32_t)OTHER_ID << 16, server.other);
    for (int i = 0; i < 4; i++) { /* of two, which are not those of before */
        qtest_writel(qts, REGS + 12, PEER_ID << 16 | i);
    }
    g_assert_cmpuint(rung(server.peer[0]), ==, 1);
    g_assert_cmpuint(rung(server.peer[1]), ==, 1);
    g_unlink(path);
    stop_with_server(qts);
}

/* ---- configuration ---- */

static void refused(const char *options, const char *words)
{
    g_autofree char *all = g_strconcat("-machine pc ", options, NULL);

    qtest_refused(all, words);
}

static void test_refused(void)
{
    refused("-device ivshmem-doorbell", "expected a Unix socket");
    refused("-chardev null,id=c -device ivshmem-doorbell,chardev=c", "chardev=c: expected a Unix");
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
    g_test_add_func("/ivshmem/doorbell", test_doorbell);
    g_test_add_func("/ivshmem/interrupts", test_interrupts);
    g_test_add_func("/ivshmem/doorbell-unplug", test_doorbell_unplug);
    g_test_add_func("/ivshmem/no-events", test_no_events);
    g_test_add_func("/ivshmem/parts", test_parts);
    g_test_add_func("/ivshmem/other-server", test_other_server);
    g_test_add_func("/ivshmem/ignored-server", test_ignored_server);
    g_test_add_func("/ivshmem/reconnect", test_reconnect);
    g_test_add_func("/ivshmem/refused", test_refused);
    status = g_test_run();
    g_unlink(memory);
    g_rmdir(dir);
    g_free(memory);
    g_free(dir);
    return status;
}
