/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio console device: control messages, streams in both directions, hotplug
 * of ports, saved state, hostile drivers. A socket is the host's end.
 */
#include "virtio-driver.h"
#include "qemu/bswap.h"
#include <glib/gstdio.h>
#include <poll.h>
#include <sys/socket.h>

#define SLOT        5
#define DEVFN       QPCI_DEVFN(SLOT, 0)

#define F_MULTIPORT (1ull << 1)
#define F_EMERG     (1ull << 2)

enum {
    DEVICE_READY,
    PORT_ADD,
    PORT_REMOVE,
    PORT_READY,
    CONSOLE_PORT,
    RESIZE,
    PORT_OPEN,
    PORT_NAME
};

static QTestState *qts;
static VdrvDev *dev;
static VdrvQueue *ctrl_in, *ctrl_out, *rx, *tx;
static uint64_t ctrl_buf, rx_buf;
static int host; /* our end of the port's socket */

/* Queues of port @nr (5.3.2). */
static unsigned rx_index(unsigned nr)
{
    return nr ? 2 * nr + 2 : 0;
}

static void offer_ctrl(void)
{
    VdrvBuf buf = {ctrl_buf, 64, true};

    vdrv_add(ctrl_in, &buf, 1);
    vdrv_kick(ctrl_in);
}

static void offer_rx(uint32_t size)
{
    VdrvBuf buf = {rx_buf, size, true};

    vdrv_add(rx, &buf, 1);
    vdrv_kick(rx);
}

/* The driver of port @nr. */
static void start_driver(uint64_t features, unsigned nr)
{
    vdrv_start(dev, features);
    rx = vdrv_queue_new(dev, rx_index(nr), 0, 0);
    tx = vdrv_queue_new(dev, rx_index(nr) + 1, 0, 0);
    ctrl_in = vdrv_queue_new(dev, 2, 0, 0);
    ctrl_out = vdrv_queue_new(dev, 3, 0, 0);
    ctrl_buf = vdrv_alloc(qts, 4096);
    rx_buf = vdrv_alloc(qts, 4096);
    vdrv_driver_ok(dev);
}

static char *command_line(const char *ports, int fd)
{
    return g_strdup_printf("-machine pc -nodefaults -m 128 -chardev socket,id=c,fd=%d "
                           "-device virtio-serial-pci,id=s,addr=%d %s",
                           fd, SLOT, ports);
}

/* The process inherits one end of a pair of sockets. */
static void begin_process(const char *ports, const char *more)
{
    int pair[2];
    g_autofree char *args = NULL, *all = NULL;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    args = command_line(ports, pair[1]);
    all = g_strdup_printf("%s %s", args, more);
    qts = qtest_init(all);
    close(pair[1]);
    host = pair[0];
}

static void begin(const char *ports, uint64_t features, unsigned nr)
{
    begin_process(ports, "");
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver(features, nr);
}

static void end_driver(void)
{
    g_clear_pointer(&rx, g_free);
    g_clear_pointer(&tx, g_free);
    g_clear_pointer(&ctrl_in, g_free);
    g_clear_pointer(&ctrl_out, g_free);
}

static void end(void)
{
    end_driver();
    vdrv_free(dev);
    qtest_quit(qts);
    close(host);
}

/* ---- control messages ---- */

static void tell(uint32_t nr, uint16_t event, uint16_t value)
{
    uint64_t at = vdrv_alloc(qts, 8);
    VdrvBuf buf = {at, 8, false};
    uint32_t len;

    qtest_writel(qts, at, nr);
    qtest_writew(qts, at + 4, event);
    qtest_writew(qts, at + 6, value);
    vdrv_add(ctrl_out, &buf, 1);
    vdrv_kick(ctrl_out);
    vdrv_wait_used(ctrl_out, &len);
}

static void expect(uint32_t nr, uint16_t event, uint16_t value)
{
    uint32_t len;

    offer_ctrl();
    vdrv_wait_used(ctrl_in, &len);
    g_assert_cmpuint(len, >=, 8);
    g_assert_cmpuint(qtest_readl(qts, ctrl_buf), ==, nr);
    g_assert_cmpuint(qtest_readw(qts, ctrl_buf + 4), ==, event);
    g_assert_cmpuint(qtest_readw(qts, ctrl_buf + 6), ==, value);
}

static void check_event(const char *id, bool open)
{
    g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "VSERPORT_CHANGE");
    QDict *data = qdict_get_qdict(event, "data");

    g_assert_cmpstr(qdict_get_str(data, "id"), ==, id);
    g_assert_cmpint(qdict_get_bool(data, "open"), ==, open);
}

/* A channel that is called "agent", opened by the guest. */
#define CHANNEL "-device virtserialport,id=p,chardev=c,nr=3,name=agent"

static void open_channel(void)
{
    tell(0, DEVICE_READY, 1);
    expect(3, PORT_ADD, 1);
    tell(3, PORT_READY, 1);
    expect(3, PORT_NAME, 1);
    expect(3, PORT_OPEN, 1);
    tell(3, PORT_OPEN, 1);
    check_event("p", true);
}

static void test_control(void)
{
    uint32_t len;
    char name[6];

    begin(CHANNEL " -device virtconsole,id=con", F_MULTIPORT, 3);
    g_assert_cmpuint(vdrv_config_readl(dev, 4), ==, 31);
    tell(0, DEVICE_READY, 1);
    expect(0, PORT_ADD, 1);
    expect(3, PORT_ADD, 1);
    tell(0, PORT_READY, 1);
    expect(0, CONSOLE_PORT, 1);
    expect(0, PORT_OPEN, 1); /* without a character device there is always someone */
    tell(3, PORT_READY, 1);
    offer_ctrl();
    vdrv_wait_used(ctrl_in, &len);
    g_assert_cmpuint(len, ==, 8 + sizeof("agent"));
    qtest_memread(qts, ctrl_buf + 8, name, sizeof(name));
    g_assert_cmpstr(name, ==, "agent");
    expect(3, PORT_OPEN, 1);
    tell(0, PORT_OPEN, 1);
    check_event("con", true);
    /* The host's end goes away. */
    shutdown(host, SHUT_RDWR);
    expect(3, PORT_OPEN, 0);
    end();
}

static void test_hotplug(void)
{
    begin(CHANNEL, F_MULTIPORT, 3);
    open_channel();
    qtest_qmp_assert_success(qts, "{'execute': 'device_add', 'arguments': {'driver': "
                                  "'virtserialport', 'id': 'q', 'name': 'other'}}");
    expect(1, PORT_ADD, 1);
    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'q'}}");
    qtest_qmp_eventwait(qts, "DEVICE_DELETED");
    expect(1, PORT_REMOVE, 1);
    /* Its place is free again; the one that is open says so. */
    qtest_qmp_assert_success(qts, "{'execute': 'device_add', 'arguments': {'driver': "
                                  "'virtserialport', 'id': 'q', 'nr': 1}}");
    expect(1, PORT_ADD, 1);
    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'p'}}");
    check_event("p", false);
    expect(3, PORT_REMOVE, 1);
    end();
}

static void check_refused(const char *arguments, const char *expected)
{
    g_autoptr(QDict) response = NULL;
    g_autofree char *line =
        g_strdup_printf("{'execute': 'device_add', 'arguments': {%s}}", arguments);
    const char *text;

    response = qtest_qmp(qts, line, 0);
    text = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
    g_assert_nonnull(strstr(text, expected));
}

static void test_mistakes(void)
{
    begin(CHANNEL " -device virtserialport,id=x,bus=s.0", F_MULTIPORT, 3);
    check_refused("'driver': 'virtserialport', 'bus': 's.0', 'nr': 0", "virtconsole");
    check_refused("'driver': 'virtserialport', 'bus': 's.0', 'nr': 1", "nr=1");
    check_refused("'driver': 'virtserialport', 'bus': 's.0', 'nr': 31", "0 to 30");
    check_refused("'driver': 'virtserialport', 'bus': 's.0', 'name': 'agent'", "agent");
    check_refused("'driver': 'virtio-serial-pci', 'max_ports': 0", "max_ports=0");
    check_refused("'driver': 'virtio-serial-pci', 'max_ports': 512", "1 to 511");
    check_refused("'driver': 'virtio-serial-pci', 'class': 3", "class=0x3");
    check_refused("'driver': 'virtserialport', 'chardev': 'c'", "in use");
    end();
}

/* ---- streams ---- */

static void write_guest(const void *data, uint32_t size)
{
    uint64_t at = vdrv_alloc(qts, size);
    VdrvBuf buf = {at, size, false};

    qtest_memwrite(qts, at, data, size);
    vdrv_add(tx, &buf, 1);
    vdrv_kick(tx);
}

static void read_host(void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(host, (char *)data + done, size - done);
        g_assert_cmpint(n, >, 0);
        done += n;
    }
}

static void check_both_ways(void)
{
    char text[6] = "";
    uint32_t len;

    write_guest("hello", 6);
    vdrv_wait_used(tx, &len);
    read_host(text, 6);
    g_assert_cmpstr(text, ==, "hello");

    g_assert_cmpint(write(host, "world", 6), ==, 6);
    offer_rx(4); /* less than there is: the rest comes in the next */
    vdrv_wait_used(rx, &len);
    g_assert_cmpuint(len, ==, 4);
    qtest_memread(qts, rx_buf, text, 4);
    offer_rx(64);
    vdrv_wait_used(rx, &len);
    g_assert_cmpuint(len, ==, 2);
    qtest_memread(qts, rx_buf, text + 4, 2);
    g_assert_cmpstr(text, ==, "world");
}

static void test_streams(void)
{
    begin(CHANNEL, F_MULTIPORT, 3);
    open_channel();
    check_both_ways();
    end();
}

/* Drivers without ports have the console, and need not say that they listen. */
static void test_console_without_ports(void)
{
    begin("-device virtconsole,chardev=c", 0, 0);
    check_both_ways();
    vdrv_config_writel(dev, 8, '!');
    end();
}

static void test_emergency_write(void)
{
    char c;

    begin("-device virtconsole,chardev=c", F_EMERG, 0);
    vdrv_config_writel(dev, 8, '!');
    read_host(&c, 1);
    g_assert_cmpint(c, ==, '!');
    end();
}

/* What comes before the guest opened the port waits. */
static void test_input_waits(void)
{
    uint32_t len;
    uint16_t id;

    begin(CHANNEL, F_MULTIPORT, 3);
    g_assert_cmpint(write(host, "early", 6), ==, 6);
    tell(0, DEVICE_READY, 1);
    expect(3, PORT_ADD, 1);
    tell(3, PORT_READY, 1);
    offer_rx(64);
    qtest_clock_step(qts, 1000000);
    g_assert_false(vdrv_get_used(rx, &id, &len));
    tell(3, PORT_OPEN, 1);
    vdrv_wait_used(rx, &len);
    g_assert_cmpuint(len, ==, 6);
    end();
}

/*
 * A host that does not read stops the guest's output, and nothing else; then
 * all of it arrives. More than sockets of any host take by themselves.
 */
static void test_flow_control(void)
{
    enum { SIZE = 64 * 1024, COUNT = 100 };
    g_autofree uint8_t *data = g_malloc(SIZE), *got = g_malloc(SIZE);
    uint64_t at;
    VdrvBuf buf;
    uint32_t len;
    uint16_t id;
    unsigned used = 0;

    begin(CHANNEL, F_MULTIPORT, 3);
    open_channel();
    for (unsigned i = 0; i < SIZE; i++) {
        data[i] = i * 7 + i / 256;
    }
    at = vdrv_alloc(qts, SIZE);
    qtest_memwrite(qts, at, data, SIZE);
    buf = (VdrvBuf){at, SIZE, false};
    for (unsigned i = 0; i < COUNT; i++) {
        vdrv_add(tx, &buf, 1);
    }
    vdrv_kick(tx);
    while (vdrv_get_used(tx, &id, &len)) {
        used++;
    }
    g_assert_cmpuint(used, <, COUNT);
    tell(3, PORT_OPEN, 0); /* still answers */
    for (unsigned i = 0; i < COUNT; i++) {
        read_host(got, SIZE);
        g_assert_cmpmem(got, SIZE, data, SIZE);
    }
    while (used < COUNT) {
        vdrv_wait_used(tx, &len);
        used++;
    }
    end();
}

/* The other end goes away while output waits for it: it is dropped, the guest goes on. */
static void test_host_leaves(void)
{
    enum { SIZE = 64 * 1024, COUNT = 100 };
    VdrvBuf buf;
    uint32_t len;

    begin(CHANNEL, F_MULTIPORT, 3);
    open_channel();
    buf = (VdrvBuf){vdrv_alloc(qts, SIZE), SIZE, false};
    for (unsigned i = 0; i < COUNT; i++) {
        vdrv_add(tx, &buf, 1);
    }
    vdrv_kick(tx);
    shutdown(host, SHUT_RDWR);
    close(host);
    host = -1;
    expect(3, PORT_OPEN, 0);
    for (unsigned i = 0; i < COUNT; i++) {
        vdrv_wait_used(tx, &len);
    }
    end();
}

/* ---- reset ---- */

static void test_reset(void)
{
    begin(CHANNEL, F_MULTIPORT, 3);
    open_channel();
    vdrv_set_status(dev, 0);
    check_event("p", false);
    end_driver();
    start_driver(F_MULTIPORT, 3);
    open_channel();
    check_both_ways();
    end();
}

/* ---- saved state ---- */

/* A port that is open, with half of its output sent and messages that wait for the driver. */
static void test_state(void)
{
    enum { SIZE = 64 * 1024, COUNT = 20 };
    g_autofree char *file = NULL, *incoming = NULL;
    int fd = g_file_open_tmp("qtest-serial-XXXXXX", &file, NULL), old;
    g_autofree uint8_t *data = g_malloc(SIZE * COUNT);
    size_t got = 0;
    ssize_t n;
    uint64_t at;
    uint32_t len;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    begin(CHANNEL " -device virtserialport,id=q,nr=5", F_MULTIPORT, 3);
    tell(0, DEVICE_READY, 1);
    expect(3, PORT_ADD, 1);
    tell(3, PORT_READY, 1);
    expect(3, PORT_NAME, 1);
    expect(3, PORT_OPEN, 1);
    tell(3, PORT_OPEN, 1);
    check_event("p", true);
    for (size_t i = 0; i < SIZE * COUNT; i++) {
        data[i] = i * 7 + i / 251;
    }
    at = vdrv_alloc(qts, SIZE * COUNT);
    qtest_memwrite(qts, at, data, SIZE * COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        VdrvBuf buf = {at + i * SIZE, SIZE, false};
        vdrv_add(tx, &buf, 1);
    }
    vdrv_kick(tx);
    offer_rx(64);
    qtest_save(qts, file);
    old = host;

    incoming = g_strdup_printf("-incoming file:%s", file);
    qtest_quit(qts);
    begin_process(CHANNEL " -device virtserialport,id=q,nr=5", incoming);
    dev->qts = qts;
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    /* What the old host's end got, and then what the new one gets, is all of it. */
    while ((n = read(old, data, SIZE)) > 0) {
        for (ssize_t i = 0; i < n; i++, got++) {
            g_assert_cmpuint(data[i], ==, (uint8_t)(got * 7 + got / 251));
        }
    }
    close(old);
    while (got < SIZE * COUNT) {
        n = read(host, data, SIZE);
        g_assert_cmpint(n, >, 0);
        for (ssize_t i = 0; i < n; i++, got++) {
            g_assert_cmpuint(data[i], ==, (uint8_t)(got * 7 + got / 251));
        }
    }
    for (unsigned i = 0; i < COUNT; i++) {
        vdrv_wait_used(tx, &len);
    }
    expect(3, PORT_OPEN, 1);
    expect(5, PORT_ADD, 1);
    /* The buffer for input is the driver's again, and still used. */
    g_assert_cmpint(write(host, "on", 2), ==, 2);
    vdrv_wait_used(rx, &len);
    g_assert_cmpuint(len, ==, 2);
    end();
    g_unlink(file);
}

/* A name that was to be told, and a port that has none any more. */
static void test_name_is_gone(void)
{
    g_autofree char *file = NULL, *incoming = NULL;
    int fd = g_file_open_tmp("qtest-serial-XXXXXX", &file, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    begin(CHANNEL, F_MULTIPORT, 3);
    tell(0, DEVICE_READY, 1);
    expect(3, PORT_ADD, 1);
    tell(3, PORT_READY, 1);
    qtest_save(qts, file);
    close(host);
    qtest_quit(qts);
    incoming = g_strdup_printf("-incoming file:%s", file);
    begin_process("-device virtserialport,id=p,nr=3,chardev=c", incoming);
    dev->qts = qts;
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    expect(3, PORT_OPEN, 1);
    end();
    g_unlink(file);
}

/* ---- hostile drivers ---- */

static void test_hostile_messages(void)
{
    static const uint32_t numbers[] = {0, 1, 3, 30, 31, 0x7fffffff, UINT32_MAX};
    uint64_t at;
    VdrvBuf buf;
    uint32_t len;

    begin(CHANNEL, F_MULTIPORT, 3);
    for (unsigned n = 0; n < G_N_ELEMENTS(numbers); n++) {
        for (unsigned event = 0; event < 12; event++) {
            tell(numbers[n], event, 0);
            tell(numbers[n], event, UINT16_MAX);
        }
    }
    /* Too short, and room for less than a message. */
    at = vdrv_alloc(qts, 16);
    buf = (VdrvBuf){at, 3, false};
    vdrv_add(ctrl_out, &buf, 1);
    vdrv_kick(ctrl_out);
    vdrv_wait_used(ctrl_out, &len);
    for (unsigned i = 0; i < 8; i++) {
        buf = (VdrvBuf){at, 1, true};
        vdrv_add(ctrl_in, &buf, 1);
    }
    vdrv_kick(ctrl_in);
    /* Buffers of the wrong direction. */
    buf = (VdrvBuf){at, 16, true};
    vdrv_add(tx, &buf, 1);
    vdrv_kick(tx);
    vdrv_wait_used(tx, &len);
    vdrv_config_writel(dev, 8, UINT32_MAX);
    g_assert_cmpint(write(host, "x", 1), ==, 1);
    buf = (VdrvBuf){at, 16, false};
    vdrv_add(rx, &buf, 1);
    vdrv_kick(rx);
    vdrv_wait_broken(dev);
    vdrv_set_status(dev, 0);
    end();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-serial/control", test_control);
    g_test_add_func("/virtio-serial/hotplug", test_hotplug);
    g_test_add_func("/virtio-serial/mistakes", test_mistakes);
    g_test_add_func("/virtio-serial/streams", test_streams);
    g_test_add_func("/virtio-serial/console-without-ports", test_console_without_ports);
    g_test_add_func("/virtio-serial/emergency-write", test_emergency_write);
    g_test_add_func("/virtio-serial/input-waits", test_input_waits);
    g_test_add_func("/virtio-serial/flow-control", test_flow_control);
    g_test_add_func("/virtio-serial/host-leaves", test_host_leaves);
    g_test_add_func("/virtio-serial/reset", test_reset);
    g_test_add_func("/virtio-serial/state", test_state);
    g_test_add_func("/virtio-serial/name-is-gone", test_name_is_gone);
    g_test_add_func("/virtio-serial/hostile", test_hostile_messages);
    return g_test_run();
}
