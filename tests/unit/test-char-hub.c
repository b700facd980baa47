/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several back ends as one, several users of one; and sockets whose clients are browsers. */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <sys/socket.h>
#include "chardev/char-fe.h"
#include "chardev/char-ringbuf.h"
#include "../../chardev/char-socket.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "qobject/keyval.h"

typedef struct User {
    CharBackend be;
    GString *got;
    int opened, closed, breaks;
} User;

static char *dir;

#define WAIT_FOR(cond)                                                                             \
    do {                                                                                           \
        while (!(cond)) {                                                                          \
            main_loop_wait(true);                                                                  \
            g_usleep(100);                                                                         \
        }                                                                                          \
    } while (0)

static int can_read(void *opaque)
{
    return 4096;
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
    u->breaks += event == CHR_EVENT_BREAK;
}

static Chardev *chardev(const char *keys, Error **errp)
{
    g_autoptr(QDict) dict = keyval_parse(keys, "backend", NULL, &error_abort);

    return qemu_chr_new_from_keys(dict, NULL, errp);
}

static User *user_of(Chardev *chr)
{
    User *u = g_new0(User, 1);

    u->got = g_string_new(NULL);
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

static void refused(const char *keys, const char *part)
{
    Error *err = NULL;

    g_assert_null(chardev(keys, &err));
    if (!strstr(error_get_pretty(err), part)) {
        g_error("%s: \"%s\" lacks \"%s\"", keys, error_get_pretty(err), part);
    }
    error_free(err);
}

static Chardev *server(const char *id, const char *path, const char *more)
{
    g_autofree char *keys =
        g_strdup_printf("socket,id=%s,path=%s,server=on,wait=off%s", id, path, more);

    return chardev(keys, &error_abort);
}

static int connect_to(const char *path)
{
    SocketSpec spec = {.kind = SOCKET_UNIX, .path = (char *)path};

    return socket_connect_stream(&spec, false, &error_abort);
}

static void assert_receives(int fd, const char *text)
{
    char buf[64];

    g_assert_cmpint(recv(fd, buf, strlen(text), MSG_WAITALL), ==, strlen(text));
    g_assert_cmpmem(buf, strlen(text), text, strlen(text));
}

static void say(User *u, const char *text)
{
    g_assert_cmpint(qemu_chr_fe_write_all(&u->be, (const uint8_t *)text, strlen(text)), ==,
                    strlen(text));
}

/* ---- hub ---- */

typedef struct Hub {
    char *paths[2];
    Chardev *sockets[2];
    User *user;
} Hub;

static void hub_make(Hub *h)
{
    for (int i = 0; i < 2; i++) {
        g_autofree char *id = g_strdup_printf("s%d", i);

        h->paths[i] = g_build_filename(dir, id, NULL);
        h->sockets[i] = server(id, h->paths[i], "");
    }
    h->user = user_of(chardev("hub,id=h,chardevs.0=s0,chardevs.1=s1", &error_abort));
}

static void hub_break(Hub *h)
{
    user_free(h->user);
    for (int i = 0; i < 2; i++) {
        object_unparent(OBJECT(h->sockets[i]));
        g_free(h->paths[i]);
    }
}

/* It is open while one is; output goes to those that are, input comes from each. */
static void test_hub(void)
{
    Hub h;
    int fds[2];

    hub_make(&h);
    g_assert_cmpint(h.user->opened, ==, 0);
    fds[0] = connect_to(h.paths[0]);
    WAIT_FOR(h.user->opened == 1);
    say(h.user, "one");
    assert_receives(fds[0], "one");
    fds[1] = connect_to(h.paths[1]);
    WAIT_FOR(h.sockets[1]->be_open);
    say(h.user, "two");
    assert_receives(fds[0], "two");
    assert_receives(fds[1], "two");
    g_assert_cmpint(write(fds[1], "b", 1), ==, 1);
    WAIT_FOR(h.user->got->len == 1);
    g_assert_cmpint(write(fds[0], "a", 1), ==, 1);
    WAIT_FOR(h.user->got->len == 2);
    g_assert_cmpstr(h.user->got->str, ==, "ba");
    qemu_chr_be_event(h.sockets[1], CHR_EVENT_BREAK);
    g_assert_cmpint(h.user->breaks, ==, 1);
    close(fds[0]);
    WAIT_FOR(!h.sockets[0]->be_open);
    g_assert_cmpint(h.user->closed, ==, 0);
    say(h.user, "three");
    assert_receives(fds[1], "three");
    close(fds[1]);
    WAIT_FOR(h.user->closed == 1);
    g_assert_cmpint(h.user->opened, ==, 1);
    say(h.user, "to nobody");
    hub_break(&h);
}

static gboolean count_watch(void *do_not_use, GIOCondition cond, void *opaque)
{
    ++*(int *)opaque;
    return G_SOURCE_REMOVE;
}

/* What there is at once; 0: nothing. */
static size_t take(int fd, uint8_t *buf, size_t len)
{
    ssize_t n = read(fd, buf, len);

    return n > 0 ? n : 0;
}

/* Each gets everything, in order, though one takes it later than the other. */
static void test_hub_slow(void)
{
    g_autofree uint8_t *data = g_malloc(1 << 20), *copy = g_malloc(1 << 20);
    size_t given = 0, got[2] = {};
    int fds[2], woken = 0, n;
    Hub h;

    for (size_t i = 0; i < 1 << 20; i++) {
        data[i] = i * 7 >> 3;
    }
    hub_make(&h);
    for (int i = 0; i < 2; i++) {
        fds[i] = connect_to(h.paths[i]);
        qemu_set_blocking(fds[i], false, &error_abort);
        WAIT_FOR(h.sockets[i]->be_open);
    }
    /* Until one is full, the other of which is read all the time. */
    while ((n = qemu_chr_fe_write(&h.user->be, data + given, 5000)) > 0) {
        given += n;
        got[0] += take(fds[0], copy + got[0], (1 << 20) - got[0]);
    }
    g_assert_cmpint(errno, ==, EAGAIN);
    got[0] += take(fds[0], copy + got[0], (1 << 20) - got[0]);
    g_assert_cmpmem(copy, got[0], data, got[0]);
    g_assert_cmpint(got[0], >=, given);
    g_assert_cmpint(qemu_chr_fe_add_watch(&h.user->be, G_IO_OUT, count_watch, &woken), >, 0);
    got[1] = take(fds[1], copy, 1 << 20);
    WAIT_FOR(woken);
    n = qemu_chr_fe_write(&h.user->be, data + given, 5000);
    g_assert_cmpint(n, ==, 5000);
    given += n;
    got[1] += take(fds[1], copy + got[1], (1 << 20) - got[1]);
    g_assert_cmpint(got[1], ==, given);
    g_assert_cmpmem(copy, given, data, given);
    got[0] += take(fds[0], copy, 1 << 20);
    g_assert_cmpint(got[0], ==, given);
    for (int i = 0; i < 2; i++) {
        close(fds[i]);
    }
    hub_break(&h);
}

/* One that takes nothing costs a user that waits for all of it a moment, and the others nothing. */
static void test_hub_stuck(void)
{
    g_autofree uint8_t *data = g_malloc0(1 << 20);
    uint8_t buf[4096];
    int fds[2];
    Hub h;

    hub_make(&h);
    for (int i = 0; i < 2; i++) {
        fds[i] = connect_to(h.paths[i]);
        WAIT_FOR(h.sockets[i]->be_open);
    }
    qemu_set_blocking(fds[0], false, &error_abort);
    for (int i = 0; i < 256; i++) {
        qemu_chr_fe_write_all(&h.user->be, data, 4096);
        while (read(fds[0], buf, sizeof(buf)) > 0) {
        }
    }
    g_assert_true(CHARDEV(h.user->be.chr)->stalled);
    qemu_chr_fe_write_all(&h.user->be, (const uint8_t *)"hello", 5);
    assert_receives(fds[0], "hello");
    close(fds[0]);
    close(fds[1]);
    hub_break(&h);
}

static void test_hub_refused(void)
{
    Chardev *a = chardev("null,id=a", &error_abort);
    Chardev *m = chardev("null,id=m,mux=on", &error_abort);
    Chardev *h;

    refused("hub,id=h", "chardevs");
    refused("hub,id=h,chardevs=a", "list");
    refused("hub,id=h,chardevs.0=a,chardevs.1=b", "'b'");
    g_assert_true(!qemu_chr_is_busy(a)); /* after that */
    refused("hub,id=h,chardevs.0=a,chardevs.1=a", "in use");
    refused("hub,id=h,chardevs.0=m", "multiplexer");
    refused("hub,id=h,chardevs.0=a,chardevs.1=b,chardevs.2=c,chardevs.3=d,chardevs.4=e", "1 to 4");
    h = chardev("hub,id=h,chardevs.0=a", &error_abort);
    refused("hub,id=h2,chardevs.0=h", "hub itself");
    g_assert_true(qemu_chr_is_busy(a));
    object_unparent(OBJECT(a)); /* as at the end, in any order */
    object_unparent(OBJECT(h));
    object_unparent(OBJECT(m));
}

/* ---- mux ---- */

/* One that the user puts before a back end leaves that behind; that of mux=on does not. */
static void test_mux(void)
{
    Chardev *base = chardev("ringbuf,id=r", &error_abort);
    Chardev *mux = chardev("mux,id=m,chardev=r", &error_abort);
    User *first = user_of(mux), *second = user_of(mux);

    refused("mux,id=n,chardev=m", "multiplexer itself");
    refused("mux,id=n,chardev=none", "'none'");
    refused("mux,id=n", "chardev");
    say(first, "a");
    say(second, "b");
    qemu_chr_be_write(base, (const uint8_t *)"x\1cy", 4); /* the key that switches between them */
    g_assert_cmpstr(second->got->str, ==, "x");
    g_assert_cmpstr(first->got->str, ==, "y");
    qemu_chr_fe_deinit(&second->be, false);
    user_free(first);
    g_string_free(second->got, TRUE);
    g_free(second);
    g_assert_true(qemu_chr_find("r") == base);
    object_unparent(OBJECT(base));
    user_free(user_of(chardev("null,id=m,mux=on", &error_abort)));
    g_assert_null(qemu_chr_find("m-base"));
}

/* ---- websocket=on ---- */

#define REQUEST                                                                                    \
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                   \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static void skip_answer(int fd)
{
    char last[4] = "";

    do {
        memmove(last, last + 1, 3);
        g_assert_cmpint(read(fd, &last[3], 1), ==, 1);
    } while (memcmp(last, "\r\n\r\n", 4));
}

static bool is_closed(int fd)
{
    char c;

    return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static void test_websocket(void)
{
    g_autofree char *path = g_build_filename(dir, "ws", NULL);
    User *u = user_of(server("ws", path, ",websocket=on"));
    SocketChardev *socket = CHARDEV_SOCKET(u->be.chr);
    int silent, bad, fd;

    silent = connect_to(path);
    WAIT_FOR(socket->n_handshakes == 1);
    bad = connect_to(path);
    WAIT_FOR(socket->n_handshakes == 2);
    fd = connect_to(path);
    g_assert_cmpint(write(bad, "GET / HTTP/1.0\r\n\r\n", 18), ==, 18);
    g_assert_cmpint(write(fd, REQUEST, strlen(REQUEST)), ==, strlen(REQUEST));
    /* Frames right behind the request, the last of them in two parts. */
    g_assert_cmpint(write(fd, "\x82\x82\0\0\0\0hi\x89\x80\0\0\0\0\x82\x81\0\0", 18), ==, 18);
    WAIT_FOR(u->opened == 1 && u->got->len == 2);
    g_assert_cmpint(write(fd, "\0\0!", 3), ==, 3);
    WAIT_FOR(u->got->len == 3);
    g_assert_cmpstr(u->got->str, ==, "hi!");
    skip_answer(fd);
    say(u, "hello");
    g_assert_cmpint(recv(fd, g_alloca(2), 2, MSG_WAITALL), ==, 2); /* the answer to the ping */
    assert_receives(fd, "\x82\x05hello");
    skip_answer(bad);
    WAIT_FOR(is_closed(bad));
    g_assert_false(is_closed(silent)); /* keeps nobody out */
    g_assert_cmpint(qemu_chr_fe_get_msgfd(&u->be), ==, -1);
    g_assert_cmpint(write(fd, "\x88\x80\0\0\0\0", 6), ==, 6);
    WAIT_FOR(u->closed == 1);
    close(fd);
    close(bad);
    close(silent);
    user_free(u);
}

static void test_websocket_limit(void)
{
    g_autofree char *path = g_build_filename(dir, "ws", NULL);
    User *u = user_of(server("ws", path, ",websocket=on"));
    int fd;

    socket_set_handshake_limit(5);
    fd = connect_to(path);
    WAIT_FOR(is_closed(fd));
    socket_set_handshake_limit(SOCKET_HANDSHAKE_MS);
    g_assert_cmpint(u->opened, ==, 0);
    close(fd);
    user_free(u);
}

/* Telnet within a WebSocket. */
static void test_websocket_telnet(void)
{
    g_autofree char *path = g_build_filename(dir, "ws", NULL);
    User *u = user_of(server("ws", path, ",websocket=on,telnet=on"));
    int fd = connect_to(path);
    char buf[2];

    g_assert_cmpint(write(fd, REQUEST, strlen(REQUEST)), ==, strlen(REQUEST));
    WAIT_FOR(u->opened == 1);
    skip_answer(fd);
    g_assert_cmpint(recv(fd, buf, 2, MSG_WAITALL), ==, 2);
    g_assert_cmpmem(buf, 2, "\x82\x0c", 2);
    close(fd);
    user_free(u);
}

typedef struct NestedUser {
    CharBackend be;
    int client;
    int depth, calls;
    GString *got;
} NestedUser;

/* As a command does that waits for something else in the loop, while its client says more. */
static void nested_read(void *opaque, const uint8_t *buf, int size)
{
    NestedUser *u = opaque;

    g_assert_cmpint(u->depth++, ==, 0);
    g_string_append_len(u->got, (const char *)buf, size);
    if (u->calls++ == 0) {
        g_assert_cmpint(write(u->client, "more", 4), ==, 4);
        for (int i = 0; i < 20; i++) {
            g_main_context_iteration(NULL, FALSE);
        }
        g_assert_cmpstr(u->got->str, ==, "first");
    }
    u->depth--;
}

/* Input is not given to who is busy with input, however the loop is run meanwhile, and not lost. */
static void test_nested(void)
{
    g_autofree char *path = g_strdup_printf("%s/nested", dir);
    Chardev *chr = server("nested", path, "");
    NestedUser u = {.client = connect_to(path), .got = g_string_new(NULL)};

    qemu_chr_fe_init(&u.be, chr, &error_abort);
    qemu_chr_fe_set_handlers(&u.be, can_read, nested_read, NULL, NULL, &u, NULL, true);
    g_assert_cmpint(write(u.client, "first", 5), ==, 5);
    WAIT_FOR(u.got->len == 9);
    g_assert_cmpstr(u.got->str, ==, "firstmore");
    close(u.client);
    qemu_chr_fe_deinit(&u.be, true);
    g_string_free(u.got, TRUE);
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
    g_test_add_func("/char/hub", test_hub);
    g_test_add_func("/char/hub/slow", test_hub_slow);
    g_test_add_func("/char/hub/stuck", test_hub_stuck);
    g_test_add_func("/char/hub/refused", test_hub_refused);
    g_test_add_func("/char/mux", test_mux);
    g_test_add_func("/char/nested", test_nested);
    g_test_add_func("/char/websocket", test_websocket);
    g_test_add_func("/char/websocket/limit", test_websocket_limit);
    g_test_add_func("/char/websocket/telnet", test_websocket_telnet);
    ret = g_test_run();
    g_rmdir(dir);
    return ret;
}
