/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets as character devices: both directions, loss and return, peers that do not read. */

#include "qemu/osdep.h"
#include <sys/resource.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include "chardev/char-fe.h"
#include "qapi/qapi-commands-yank.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "qobject/qjson.h"

typedef struct User {
    CharBackend be;
    GString *got;
    int room;
    int opened, closed;
} User;

static char *dir;

static int can_read(void *opaque)
{
    return ((User *)opaque)->room;
}

static void on_read(void *opaque, const uint8_t *buf, int size)
{
    g_string_append_len(((User *)opaque)->got, (const char *)buf, size);
}

static void on_event(void *opaque, QEMUChrEvent event)
{
    User *u = opaque;

    u->opened += event == CHR_EVENT_OPENED;
    u->closed += event == CHR_EVENT_CLOSED;
}

static User *user_new(const char *spec)
{
    User *u = g_new0(User, 1);
    Chardev *chr = qemu_chr_new("c", spec, NULL, &error_abort);

    u->got = g_string_new(NULL);
    u->room = 4096;
    qemu_chr_fe_init(&u->be, chr, &error_abort);
    qemu_chr_fe_set_handlers(&u->be, can_read, on_read, on_event, NULL, u, NULL, true);
    return u;
}

static void user_free(User *u)
{
    qemu_chr_fe_deinit(&u->be, true);
    g_string_free(u->got, TRUE);
    g_free(u);
}

static char *sock_path(void)
{
    return g_build_filename(dir, "s", NULL);
}

static int connect_to(const char *path)
{
    SocketSpec spec = {.kind = SOCKET_UNIX, .path = (char *)path};

    return socket_connect_stream(&spec, false, &error_abort);
}

#define WAIT_FOR(cond)                                                                             \
    do {                                                                                           \
        while (!(cond)) {                                                                          \
            main_loop_wait(true);                                                                  \
            g_usleep(100);                                                                         \
        }                                                                                          \
    } while (0)

static void test_server(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("unix:%s,server=on,wait=off", path);
    User *u = user_new(spec);
    char buf[8] = {};
    int fd;

    g_assert_true(g_str_has_prefix(u->be.chr->filename, "disconnected:unix:"));
    for (int round = 0; round < 3; round++) {
        fd = connect_to(path);
        WAIT_FOR(u->opened == round + 1);
        g_assert_cmpint(qemu_chr_fe_write(&u->be, (uint8_t *)"hello", 5), ==, 5);
        g_assert_cmpint(read(fd, buf, 5), ==, 5);
        g_assert_cmpstr(buf, ==, "hello");
        g_string_truncate(u->got, 0);
        g_assert_cmpint(write(fd, "abc", 3), ==, 3);
        WAIT_FOR(u->got->len == 3);
        /* What came before the end is not lost. */
        g_assert_cmpint(write(fd, "def", 3), ==, 3);
        close(fd);
        WAIT_FOR(u->closed == round + 1);
        g_assert_cmpstr(u->got->str, ==, "abcdef");
    }
    /* Seen even while the user takes no input. */
    fd = connect_to(path);
    WAIT_FOR(u->opened == 4);
    u->room = 0;
    close(fd);
    WAIT_FOR(u->closed == 4);
    user_free(u);
    g_assert_cmpint(g_access(path, F_OK), ==, -1);
}

/* How often this thread has waited for something. */
static long times_slept(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

static void test_stuck_peer(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("unix:%s,server=on,wait=off", path);
    g_autofree uint8_t *data = g_malloc0(1 << 20);
    User *u = user_new(spec);
    int fd = connect_to(path);
    long before;

    WAIT_FOR(u->opened == 1);
    while (qemu_chr_fe_write(&u->be, data, 65536) > 0) {
    }
    g_assert_cmpint(errno, ==, EAGAIN);
    /* Waits 100 ms the first time, and not again. */
    qemu_chr_fe_write_all(&u->be, data, 1 << 20);
    before = times_slept();
    for (int i = 0; i < 100; i++) {
        qemu_chr_fe_write_all(&u->be, data, 1 << 20);
    }
    g_assert_cmpint(times_slept() - before, <, 50);
    close(fd);
    user_free(u);
}

/* A server's client is cut off from any thread; the server goes on. */
static void *yank_thread(void *opaque)
{
    YankInstance instance = {.type = YANK_INSTANCE_TYPE_CHARDEV, .u.chardev.id = (char *)"c"};
    YankInstanceList list = {.value = &instance};

    qmp_yank(&list, &error_abort);
    return NULL;
}

static void test_yank(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("unix:%s,server=on,wait=off", path);
    User *u = user_new(spec);
    int fd = connect_to(path);
    char byte;

    while (!u->opened) {
        main_loop_wait(false);
    }
    g_thread_join(g_thread_new("yank", yank_thread, NULL));
    g_assert_cmpint(read(fd, &byte, 1), ==, 0);
    while (!u->closed) {
        main_loop_wait(false);
    }
    close(fd);
    fd = connect_to(path);
    while (u->opened < 2) {
        main_loop_wait(false);
    }
    close(fd);
    user_free(u);
    g_assert_null(qmp_query_yank(&error_abort));
}

static int on_change(void *opaque)
{
    User *u = opaque;

    qemu_chr_fe_set_handlers(&u->be, can_read, on_read, on_event, on_change, u, NULL, true);
    return u->room ? 0 : -1;
}

/* The user gets another back end under the same name, and if it refuses keeps the one it had. */
static void test_change(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("unix:%s,server=on,wait=off", path);
    g_autoptr(QDict) null = qdict_from_jsonf_nofail("{'backend': 'null', 'id': 'c'}");
    g_autoptr(QDict) bad = qdict_from_jsonf_nofail("{'backend': 'file', 'id': 'c'}");
    g_autoptr(QDict) same = qdict_from_jsonf_nofail(
        "{'backend': 'socket', 'id': 'c', 'path': %s, 'server': 'on', 'wait': 'off'}", path);
    User *u = user_new(spec);
    Error *err = NULL;
    int fd;

    g_assert_null(qemu_chr_change(u->be.chr, null, &err));
    error_free_or_abort(&err);
    on_change(u);
    g_assert_null(qemu_chr_change(u->be.chr, bad, &err));
    error_free_or_abort(&err);
    u->room = 0;
    g_assert_null(qemu_chr_change(u->be.chr, null, &err));
    error_free_or_abort(&err);
    u->room = 4096;
    fd = connect_to(path);
    g_assert_cmpint(write(fd, "hi", 2), ==, 2);
    while (u->got->len < 2) {
        main_loop_wait(false);
    }
    g_assert_true(qemu_chr_change(u->be.chr, null, &error_abort) == u->be.chr);
    g_assert_true(qemu_chr_find("c") == u->be.chr);
    g_assert_cmpint(qemu_chr_fe_write_all(&u->be, (const uint8_t *)"x", 1), ==, 1);
    g_assert_null(qmp_query_yank(&error_abort));
    close(fd);
    /* A socket, and one more with its name. */
    g_assert_nonnull(qemu_chr_change(u->be.chr, same, &error_abort));
    g_assert_nonnull(qemu_chr_change(u->be.chr, null, &error_abort));
    user_free(u);
}

/*
 * Where the process has no descriptor left for a client, it is not looked for again and again: the
 * main loop has nothing to do until the next try, and the failure is reported once.
 */
static void test_no_descriptor(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("unix:%s,server=on,wait=off", path);
    g_autofree char *log = g_build_filename(dir, "stderr", NULL), *said = NULL;
    User *u = user_new(spec);
    int fd = connect_to(path), stderr_fd = dup(STDERR_FILENO), next, rounds = 0;
    struct rlimit before, less;

    g_assert_nonnull(freopen(log, "w", stderr));
    next = dup(0);
    close(next);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    less = before;
    less.rlim_cur = next;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &less), ==, 0);
    for (int tries = 0; tries < 2; tries++) {
        main_loop_wait(false); /* the try, the second after a pause */
        for (rounds = 0; rounds < 100 && g_main_context_pending(NULL); rounds++) {
            main_loop_wait(true);
        }
        g_assert_cmpint(rounds, <, 100);
    }
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
    while (!u->opened) {
        main_loop_wait(false);
    }
    fflush(stderr);
    dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    g_assert_true(g_file_get_contents(log, &said, NULL, NULL));
    g_assert_nonnull(strstr(said, "cannot be accepted"));
    g_assert_null(strstr(strstr(said, "cannot be accepted") + 1, "cannot be accepted"));
    unlink(log);
    close(fd);
    user_free(u);
}

static void test_reconnect(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("unix:%s,reconnect-ms=10", path);
    SocketSpec listen_spec = {.kind = SOCKET_UNIX, .path = path};
    User *u;
    int server, fd;

    server = socket_listen_stream(&listen_spec, &error_abort);
    u = user_new(spec);
    for (int round = 1; round <= 3; round++) {
        WAIT_FOR(u->opened == round);
        fd = accept(server, NULL, NULL);
        g_assert_cmpint(fd, >=, 0);
        close(fd);
        WAIT_FOR(u->closed == round);
    }
    close(server);
    unlink(path);
    user_free(u);
}

static void test_fds(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("unix:%s,server=on,wait=off", path);
    User *u = user_new(spec);
    int fd = connect_to(path), pipes[2], got;
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {};
    struct iovec iov = {(void *)"x", 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control)};

    g_assert_cmpint(pipe(pipes), ==, 0);
    control.align = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.align), &pipes[1], sizeof(int));
    WAIT_FOR(u->opened == 1);
    g_assert_cmpint(sendmsg(fd, &msg, 0), ==, 1);
    WAIT_FOR(u->got->len == 1);
    got = qemu_chr_fe_get_msgfd(&u->be);
    g_assert_cmpint(got, >=, 0);
    g_assert_cmpint(write(got, "y", 1), ==, 1);
    g_assert_cmpint(qemu_chr_fe_get_msgfd(&u->be), ==, -1);
    close(got);
    close(pipes[0]);
    close(pipes[1]);
    close(fd);
    user_free(u);
}

static void test_telnet(void)
{
    static const uint8_t in[] = {'a',  0xff, 0xfd, 1,    'b',  0xff, 0xff, 0xff, 0xfa,
                                 0x18, 'z',  0xff, 0xf0, 0xff, 0xfb, 3,    'c'};
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("unix:%s,server=on,wait=off,telnet=on", path);
    User *u = user_new(spec);
    int fd = connect_to(path);
    uint8_t buf[32];

    WAIT_FOR(u->opened == 1);
    g_assert_cmpint(read(fd, buf, sizeof(buf)), ==, 12);
    for (size_t i = 0; i < sizeof(in); i++) {
        g_assert_cmpint(write(fd, &in[i], 1), ==, 1); /* cut anywhere */
        main_loop_wait(true);
    }
    WAIT_FOR(u->got->len == 4);
    g_assert_cmpmem(u->got->str, 4,
                    "ab\xff"
                    "c",
                    4);
    qemu_chr_fe_write_all(&u->be,
                          (uint8_t *)"1\xff"
                                     "2",
                          3);
    g_assert_cmpint(recv(fd, buf, 4, MSG_WAITALL), ==, 4);
    g_assert_cmpmem(buf, 4,
                    "1\xff\xff"
                    "2",
                    4);
    close(fd);
    user_free(u);
}

static void assert_refused(const char *spec, const char *part)
{
    Error *err = NULL;

    g_assert_null(qemu_chr_new("bad", spec, NULL, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), part));
    error_free(err);
}

static void test_refused(void)
{
    SocketSpec any = {.host = (char *)"127.0.0.1", .port = (char *)"0", .ipv4 = -1, .ipv6 = -1};
    int fd = socket_listen_stream(&any, &error_abort);
    g_autofree char *where = socket_describe(fd, &any, false);
    const char *port = strrchr(where, ':') + 1;
    g_autofree char *taken = g_strdup_printf("tcp:127.0.0.1:%s,server=on,wait=off", port);
    g_autofree char *range = g_strdup_printf("%s,to=%d", taken, MIN(atoi(port) + 50, 65535));
    g_autofree char *name = g_strdup_printf("127.0.0.1:%s", port);
    Chardev *chr;

    assert_refused(taken, name);
    assert_refused(taken, "in use");
    chr = qemu_chr_new("r", range, NULL, &error_abort);
    object_unparent(OBJECT(chr));
    close(fd);
    assert_refused("tcp:127.0.0.1:1,server=on,reconnect-ms=5", "reconnect");
    assert_refused("tcp:127.0.0.1:1,wait=off", "server=on");
    assert_refused("tcp:127.0.0.1:1,websocket=on", "websocket");
    assert_refused("tcp:127.0.0.1:1,tls-creds=x", "tls-creds");
    assert_refused("tcp:127.0.0.1:1,ipv4=off,ipv6=off", "protocol");
    assert_refused("unix:/nonexistent/socket", "/nonexistent/socket");
    assert_refused("tcp:127.0.0.1:notaport", "notaport");
}

static void test_udp(void)
{
    SocketSpec inet = {};
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int bound = bind(fd, (struct sockaddr *)&loopback, sizeof(loopback));
    g_autofree char *where = socket_describe(fd, &inet, false);
    g_autofree char *spec =
        g_strdup_printf("udp:127.0.0.1:%s@127.0.0.1:0", strrchr(where, ':') + 1);
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    User *u = user_new(spec);
    char buf[8] = {};

    g_assert_cmpint(bound, ==, 0);
    g_assert_cmpint(qemu_chr_fe_write(&u->be, (uint8_t *)"ping", 4), ==, 4);
    g_assert_cmpint(recvfrom(fd, buf, 8, 0, (struct sockaddr *)&from, &len), ==, 4);
    u->room = 1; /* a byte at a time */
    g_assert_cmpint(sendto(fd, "pong", 4, 0, (struct sockaddr *)&from, len), ==, 4);
    WAIT_FOR(u->got->len == 4);
    close(fd);
    user_free(u);
}

/* ---- pseudo terminals ---- */

static void test_pty(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("pty:%s", path);
    User *u = user_new(spec);
    char buf[8] = {};
    int fd;

    g_assert_true(g_str_has_prefix(u->be.chr->filename, "pty:/dev/"));
    /* Without a program on the other end output is lost, and does not wait. */
    g_assert_cmpint(qemu_chr_fe_write_all(&u->be, (uint8_t *)"lost", 4), ==, 4);
    fd = open(path, O_RDWR | O_NOCTTY);
    g_assert_cmpint(fd, >=, 0);
    qemu_chr_fe_set_handlers(&u->be, can_read, on_read, on_event, NULL, u, NULL, true);
    WAIT_FOR(u->opened > 0);
    g_assert_cmpint(qemu_chr_fe_write(&u->be, (uint8_t *)"a\r\n", 3), ==, 3);
    g_assert_cmpint(read(fd, buf, 3), ==, 3);
    g_assert_cmpstr(buf, ==, "a\r\n");
    g_assert_cmpint(write(fd, "xyz", 3), ==, 3);
    WAIT_FOR(u->got->len == 3);
    close(fd);
    WAIT_FOR(u->closed == 1);
    user_free(u);
    g_assert_cmpint(g_access(path, F_OK), ==, -1);
}

/* The other end of a pseudo terminal is as good as a serial port. */
static void test_serial(void)
{
    g_autofree char *path = sock_path();
    g_autofree char *spec = g_strdup_printf("pty:%s", path);
    QEMUSerialSetParams params = {300, 'O', 7, 2};
    Chardev *pty = qemu_chr_new("p", spec, NULL, &error_abort);
    g_autofree char *serial = g_strdup(pty->filename + 4);
    User *u = user_new(serial);
    struct termios tty;
    int fd;

    g_assert_cmpint(qemu_chr_fe_ioctl(&u->be, CHR_IOCTL_SERIAL_SET_PARAMS, &params), ==, 0);
    fd = open(serial, O_RDWR | O_NOCTTY);
    g_assert_cmpint(tcgetattr(fd, &tty), ==, 0);
    g_assert_cmpint(cfgetospeed(&tty), ==, B300);
    g_assert_true((tty.c_cflag & PARODD) && (tty.c_cflag & CSTOPB));
    close(fd);
    user_free(u);
    object_unparent(OBJECT(pty));
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    dir = g_dir_make_tmp("char-XXXXXX", NULL);
    g_test_add_func("/char/socket/server", test_server);
    g_test_add_func("/char/socket/stuck-peer", test_stuck_peer);
    g_test_add_func("/char/socket/yank", test_yank);
    g_test_add_func("/char/socket/change", test_change);
    g_test_add_func("/char/socket/no-descriptor", test_no_descriptor);
    g_test_add_func("/char/socket/reconnect", test_reconnect);
    g_test_add_func("/char/socket/fds", test_fds);
    g_test_add_func("/char/socket/telnet", test_telnet);
    g_test_add_func("/char/socket/refused", test_refused);
    g_test_add_func("/char/udp", test_udp);
    g_test_add_func("/char/pty", test_pty);
    g_test_add_func("/char/serial", test_serial);
    ret = g_test_run();
    g_rmdir(dir);
    return ret;
}
