/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS credentials of all kinds, authorization, and character devices that talk through them. */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include "authz/base.h"
#include "chardev/char-fe.h"
#include "../../chardev/char-socket.h"
#include "crypto/tlssession.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "qobject/keyval.h"
#include "qom/object_interfaces.h"
#include "x509.h"

static char *dir; /* with good certificates and a key */

static void add(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
static void add(const char *fmt, ...)
{
    g_autofree char *arg = NULL;
    bool helped;
    va_list ap;

    va_start(ap, fmt);
    arg = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    user_creatable_add_from_str(arg, &helped, &error_abort);
}

static void refused(const char *what, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
static void refused(const char *what, const char *fmt, ...)
{
    g_autofree char *arg = NULL;
    Error *err = NULL;
    bool helped;
    va_list ap;

    va_start(ap, fmt);
    arg = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_assert_false(user_creatable_add_from_str(arg, &helped, &err));
    if (!strstr(error_get_pretty(err), what)) {
        g_error("%s: \"%s\" lacks \"%s\"", arg, error_get_pretty(err), what);
    }
    error_free(err);
}

static void del(const char *id)
{
    user_creatable_del(id, &error_abort);
}

/* ---- credentials ---- */

static void test_sanity(void)
{
    static const struct {
        X509Flaw flaw;
        const char *message;
    } flaws[] = {
        {X509_EXPIRED, "expired"},
        {X509_OTHER_CA, "not signed by"},
        {X509_NOT_A_CA, "not that of an authority"},
        {X509_WRONG_PURPOSE, "is not for a TLS"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(flaws); i++) {
        g_autofree char *bad = g_dir_make_tmp("rhea-x509-XXXXXX", NULL);

        x509_make(bad, flaws[i].flaw);
        refused(flaws[i].message, "tls-creds-x509,id=x,dir=%s,endpoint=server", bad);
        refused(flaws[i].message, "tls-creds-x509,id=x,dir=%s,endpoint=client", bad);
        add("tls-creds-x509,id=x,dir=%s,endpoint=server,sanity-check=off", bad);
        del("x");
        x509_remove(bad);
    }
}

static void test_missing(void)
{
    refused("'dir'", "tls-creds-x509,id=x,endpoint=server");
    refused("ca-cert.pem", "tls-creds-x509,id=x,endpoint=server,dir=/nonexistent");
    refused("priority=NOSUCH", "tls-creds-anon,id=x,priority=NOSUCH");
    refused("keys.psk", "tls-creds-psk,id=x,dir=/nonexistent");
    refused("username=nobody", "tls-creds-psk,id=x,dir=%s,username=nobody", dir);
    refused("username", "tls-creds-psk,id=x,dir=%s,endpoint=server,username=qemu", dir);
    refused("nosuch", "tls-creds-x509,id=x,dir=%s,endpoint=server,passwordid=nosuch", dir);
}

/* ---- authorization ---- */

static void test_authz(void)
{
    g_autofree char *file = g_build_filename(dir, "rules", NULL);
    static const char *const first = "{\"policy\": \"deny\", \"rules\": [{\"match\": \"fred\","
                                     " \"policy\": \"allow\"}]}";
    static const char *const second = "{\"policy\": \"allow\"}";
    Error *err = NULL;

    add("authz-simple,id=simple,identity=fred");
    g_assert_true(qauthz_is_allowed_by_id("simple", "fred", &error_abort));
    g_assert_false(qauthz_is_allowed_by_id("simple", "freda", &error_abort));

    add("authz-list,id=list,policy=deny,rules.0.match=*.org,rules.0.policy=allow,"
        "rules.0.format=glob,rules.1.match=fred,rules.1.policy=allow");
    g_assert_true(qauthz_is_allowed_by_id("list", "a.org", &error_abort));
    g_assert_true(qauthz_is_allowed_by_id("list", "fred", &error_abort));
    g_assert_false(qauthz_is_allowed_by_id("list", "fred.com", &error_abort));

    g_assert_true(g_file_set_contents(file, first, -1, NULL));
    add("authz-list-file,id=file,filename=%s", file);
    g_assert_true(qauthz_is_allowed_by_id("file", "fred", &error_abort));
    g_assert_false(qauthz_is_allowed_by_id("file", "bob", &error_abort));
    g_assert_true(g_file_set_contents(file, second, -1, NULL));
    g_assert_true(qauthz_is_allowed_by_id("file", "bob", &error_abort));
    unlink(file);
    /* Gone: nobody is allowed, whatever it said. */
    g_assert_false(qauthz_is_allowed_by_id("file", "bob", &err));
    g_clear_pointer(&err, error_free);
    g_assert_false(qauthz_is_allowed_by_id("nosuch", "bob", &err));
    g_clear_pointer(&err, error_free);
    refused("nonexistent", "authz-list-file,id=x,filename=/nonexistent");
    refused("'identity'", "authz-simple,id=x");
    del("simple");
    del("list");
    del("file");
}

/* Asks until it is told to stop. */
static void *ask(void *opaque)
{
    bool *stop = opaque;

    while (!qatomic_read(stop)) {
        Error *err = NULL;
        bool allowed = qauthz_is_allowed_by_id("who", "fred", &err);

        g_assert_false(allowed && err);
        g_clear_pointer(&err, error_free);
    }
    return NULL;
}

/* The thread of the monitors asks while objects come, change and go. */
static void test_authz_threads(void)
{
    bool stop = false;
    GThread *thread = g_thread_new("asker", ask, &stop);

    for (int i = 0; i < 2000; i++) {
        add("authz-simple,id=who,identity=nobody");
        for (int j = 0; j < 20; j++) {
            object_property_set_str(object_resolve_path_component(object_get_objects_root(), "who"),
                                    "identity", j % 2 ? "fred" : "barney", &error_abort);
        }
        del("who");
    }
    qatomic_set(&stop, true);
    g_thread_join(thread);
}

/* ---- character devices ---- */

typedef struct User {
    CharBackend be;
    GString *got;
    int room;
    int opened, closed;
} User;

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

static User *user_new(const char *keys)
{
    User *u = g_new0(User, 1);
    g_autoptr(QDict) dict = keyval_parse(keys, "backend", NULL, &error_abort);
    Chardev *chr = qemu_chr_new_from_keys(dict, NULL, &error_abort);

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

#define WAIT_FOR(cond)                                                                             \
    do {                                                                                           \
        while (!(cond)) {                                                                          \
            main_loop_wait(true);                                                                  \
            g_usleep(100);                                                                         \
        }                                                                                          \
    } while (0)

static User *server_new(const char *more)
{
    g_autofree char *keys = g_strdup_printf(
        "socket,id=s,host=127.0.0.1,port=0,server=on,wait=off,tls-creds=server%s", more);

    return user_new(keys);
}

/* The port that the server listens on: behind the last colon of its name. */
static char *port_of(User *server)
{
    g_autofree char *name = g_strdup(server->be.chr->filename);

    *strchr(strrchr(name, ':'), ',') = '\0';
    return g_strdup(strrchr(name, ':') + 1);
}

static User *named_client_new(const char *id, User *server, const char *host)
{
    g_autofree char *port = port_of(server);
    g_autofree char *keys =
        g_strdup_printf("socket,id=%s,host=%s,port=%s,ipv4=on,reconnect-ms=100000,tls-creds=client",
                        id, host, port);

    return user_new(keys);
}

static User *client_new(User *server, const char *host)
{
    return named_client_new("c", server, host);
}

/* Connects, and then says nothing. */
static int silent_client(User *server)
{
    g_autofree char *port = port_of(server);
    SocketSpec spec = {.host = (char *)"127.0.0.1", .port = port, .ipv4 = -1, .ipv6 = -1};

    int fd = socket_connect_stream(&spec, false, &error_abort);

    while (g_main_context_pending(NULL)) {
        main_loop_wait(true); /* the queue of those that are not accepted yet is short */
    }
    return fd;
}

static bool is_closed(int fd)
{
    char byte;
    ssize_t ret = recv(fd, &byte, 1, MSG_DONTWAIT);

    return ret == 0 || (ret < 0 && errno == ECONNRESET);
}

static void check_talk(const char *more)
{
    User *server = server_new(more), *client = client_new(server, "127.0.0.1");
    g_autofree char *data = g_malloc(300000);
    int sent = 0;

    WAIT_FOR(server->opened && client->opened);
    g_assert_cmpint(qemu_chr_fe_write(&client->be, (uint8_t *)"hello", 5), ==, 5);
    g_assert_cmpint(qemu_chr_fe_write(&server->be, (uint8_t *)"and you", 7), ==, 7);
    WAIT_FOR(server->got->len == 5 && client->got->len == 7);
    g_assert_cmpstr(server->got->str, ==, "hello");
    g_assert_cmpstr(client->got->str, ==, "and you");

    /* More than fits into the socket, to a reader of one byte at a time and pauses. */
    for (int i = 0; i < 300000; i++) {
        data[i] = i % 251;
    }
    g_string_truncate(server->got, 0);
    while (server->got->len < 300000) {
        int n = qemu_chr_fe_write(&client->be, (uint8_t *)data + sent, 300000 - sent);

        sent += n > 0 ? n : 0;
        server->room = server->got->len % 3 ? 5000 : 1;
        qemu_chr_fe_accept_input(&server->be);
        main_loop_wait(true);
    }
    g_assert_cmpmem(server->got->str, server->got->len, data, 300000);

    user_free(client);
    WAIT_FOR(server->closed);
    user_free(server);
}

static void test_x509(void)
{
    add("tls-creds-x509,id=server,dir=%s,endpoint=server", dir);
    add("tls-creds-x509,id=client,dir=%s,endpoint=client", dir);
    add("authz-simple,id=who,identity=CN=the client");
    check_talk("");
    check_talk(",tls-authz=who");
    del("who");
    del("client");
    del("server");
}

static void test_psk(void)
{
    add("tls-creds-psk,id=server,dir=%s,endpoint=server", dir);
    add("tls-creds-psk,id=client,dir=%s,endpoint=client", dir);
    check_talk("");
    del("client");
    del("server");
}

static void test_anon(void)
{
    add("tls-creds-anon,id=server,endpoint=server");
    add("tls-creds-anon,id=client,endpoint=client");
    check_talk("");
    del("client");
    del("server");
}

/* The client is turned away, and the server takes the next one. */
static void check_turned_away(const char *more, const char *host)
{
    User *server = server_new(more), *client;
    int fd[2];

    client = client_new(server, host);
    WAIT_FOR(g_str_has_prefix(client->be.chr->filename, "disconnected"));
    g_assert_cmpint(server->opened, ==, server->closed);
    user_free(client);
    /* One that does not speak TLS at all. */
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), ==, 0);
    g_assert_cmpint(write(fd[1], "GET / HTTP/1.0\r\n\r\n", 18), ==, 18);
    WAIT_FOR(CHARDEV_GET_CLASS(server->be.chr)->chr_add_client(server->be.chr, fd[0]) == 0);
    WAIT_FOR(is_closed(fd[1]));
    g_assert_cmpint(server->opened, ==, server->closed);
    close(fd[1]);
    user_free(server);
}

static void test_turned_away(void)
{
    g_autofree char *other = g_dir_make_tmp("rhea-x509-XXXXXX", NULL);

    x509_make(other, X509_OTHER_CA);
    add("tls-creds-x509,id=server,dir=%s,endpoint=server", dir);
    /* A server whose authority the client does not know. */
    add("tls-creds-x509,id=client,dir=%s,endpoint=client,sanity-check=off", other);
    check_turned_away("", "127.0.0.1");
    del("client");
    del("server");
    x509_remove(other);
}

/* Nobody is let in whom the object was never asked about. */
static void test_authz_without_identity(void)
{
    User *server, *client;

    add("tls-creds-psk,id=server,dir=%s,endpoint=server", dir);
    add("tls-creds-psk,id=client,dir=%s,endpoint=client", dir);
    add("authz-simple,id=who,identity=CN=the client");
    server = server_new(",tls-authz=who");
    client = client_new(server, "127.0.0.1");
    WAIT_FOR(g_str_has_prefix(client->be.chr->filename, "disconnected"));
    g_assert_cmpint(server->opened, ==, 0);
    user_free(client);
    user_free(server);
    del("who");
    del("client");
    del("server");
}

/* ---- peers that do not finish their handshake ---- */

static void add_psk(void)
{
    add("tls-creds-psk,id=server,dir=%s,endpoint=server", dir);
    add("tls-creds-psk,id=client,dir=%s,endpoint=client", dir);
}

static void del_psk(void)
{
    del("client");
    del("server");
}

/* They keep nobody out, and as many as there may be make room for more. */
static void test_silent_clients(void)
{
    User *server, *client;
    int fds[SOCKET_MAX_HANDSHAKES + 1];

    add_psk();
    server = server_new("");
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = silent_client(server);
    }
    WAIT_FOR(is_closed(fds[0]));
    client = client_new(server, "127.0.0.1");
    WAIT_FOR(server->opened && client->opened);
    WAIT_FOR(is_closed(fds[1]));
    g_assert_false(is_closed(fds[G_N_ELEMENTS(fds) - 1]));
    user_free(client);
    WAIT_FOR(server->closed);
    user_free(server);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        g_assert_true(is_closed(fds[i]));
        close(fds[i]);
    }
    del_psk();
}

/* Both sides give up on one that takes too long. */
static void test_limit(void)
{
    SocketSpec spec = {.host = (char *)"127.0.0.1", .port = (char *)"0", .ipv4 = -1, .ipv6 = -1};
    int listener = socket_listen_stream(&spec, &error_abort), fd;
    g_autofree char *where = socket_describe(listener, &spec, false);
    g_autofree char *keys = g_strdup_printf(
        "socket,id=c,host=127.0.0.1,port=%s,ipv4=on,reconnect-ms=1,tls-creds=client",
        strrchr(where, ':') + 1);
    User *server, *client;

    qemu_set_blocking(listener, false, &error_abort);
    add_psk();
    server = server_new("");
    socket_set_handshake_limit(5);
    fd = silent_client(server);
    WAIT_FOR(is_closed(fd));
    close(fd);
    g_assert_cmpint(server->opened, ==, 0);

    client = user_new(keys);
    for (int round = 0; round < 2; round++) { /* and tries again */
        uint8_t buf[64];

        fd = -1;
        WAIT_FOR(fd >= 0 || (fd = socket_accept(listener)) >= 0);
        WAIT_FOR(recv(fd, buf, sizeof(buf), MSG_DONTWAIT) <= 0 && is_closed(fd));
        close(fd);
    }
    g_assert_cmpint(client->opened, ==, 0);
    user_free(client);
    socket_set_handshake_limit(SOCKET_HANDSHAKE_MS);
    user_free(server);
    close(listener);
    del_psk();
}

/* Two that come at once are served one after the other. */
static void test_one_after_the_other(void)
{
    User *server, *clients[2];
    int first;

    add_psk();
    server = server_new("");
    clients[0] = named_client_new("c0", server, "127.0.0.1");
    clients[1] = named_client_new("c1", server, "127.0.0.1");
    WAIT_FOR(server->opened);
    qemu_chr_fe_write_all(&server->be, (uint8_t *)"x", 1);
    WAIT_FOR(clients[0]->got->len || clients[1]->got->len);
    first = clients[1]->got->len;
    user_free(clients[first]);
    WAIT_FOR(server->closed == 1 && server->opened == 2);
    qemu_chr_fe_write_all(&server->be, (uint8_t *)"y", 1);
    WAIT_FOR(clients[!first]->got->len);
    g_assert_cmpstr(clients[!first]->got->str, ==, "y");
    user_free(clients[!first]);
    user_free(server);
    del_psk();
}

static ssize_t fd_read(void *opaque, void *buf, size_t len)
{
    return read(GPOINTER_TO_INT(opaque), buf, len);
}

static ssize_t fd_write(void *opaque, const void *buf, size_t len)
{
    return write(GPOINTER_TO_INT(opaque), buf, len);
}

/* A client that says nothing, and then one that does. */
static void *two_clients(void *opaque)
{
    SocketSpec spec = {.kind = SOCKET_UNIX, .path = opaque};
    QCryptoTLSCreds *creds =
        qcrypto_tls_creds_by_id("client", QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT, &error_abort);
    QCryptoTLSSession *tls;
    int silent, fd;

    while ((silent = socket_connect_stream(&spec, false, NULL)) < 0) {
        g_usleep(100); /* there is no server yet */
    }
    fd = socket_connect_stream(&spec, false, &error_abort);
    tls = qcrypto_tls_session_new(creds, NULL, NULL, fd_read, fd_write, GINT_TO_POINTER(fd),
                                  &error_abort);
    while (qcrypto_tls_session_handshake(tls, &error_abort) != QCRYPTO_TLS_HANDSHAKE_COMPLETE) {
    }
    qcrypto_tls_session_free(tls);
    close(fd);
    close(silent);
    return NULL;
}

/* A start that waits for its client is not kept by one that says nothing. */
static void test_wait_with_silent_client(void)
{
    g_autofree char *path = g_build_filename(dir, "socket", NULL);
    g_autofree char *keys =
        g_strdup_printf("socket,id=s,path=%s,server=on,wait=on,tls-creds=server", path);
    g_autoptr(QDict) dict = keyval_parse(keys, "backend", NULL, &error_abort);
    GThread *thread;
    Chardev *chr;

    add_psk();
    thread = g_thread_new("clients", two_clients, path);
    chr = qemu_chr_new_from_keys(dict, NULL, &error_abort);
    g_assert_true(chr->be_open);
    g_thread_join(thread);
    object_unparent(OBJECT(chr));
    del_psk();
}

static void test_mistakes(void)
{
    static const struct {
        const char *keys, *message;
    } mistakes[] = {
        {"socket,id=s,path=x,server=on,wait=off,tls-creds=nosuch", "'nosuch'"},
        {"socket,id=s,path=x,server=on,wait=off,tls-creds=client", "endpoint=client"},
        {"socket,id=s,path=x,server=on,wait=off,tls-authz=a", "tls-creds"},
        {"socket,id=s,path=x,server=on,wait=off,telnet=on,tls-creds=client", "telnet"},
    };

    add("tls-creds-anon,id=client,endpoint=client");
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autoptr(QDict) dict = keyval_parse(mistakes[i].keys, "backend", NULL, &error_abort);
        Error *err = NULL;

        g_assert_null(qemu_chr_new_from_keys(dict, NULL, &err));
        g_assert_nonnull(strstr(error_get_pretty(err), mistakes[i].message));
        error_free(err);
    }
    del("client");
}

int main(int argc, char **argv)
{
    g_autofree char *keys = NULL;
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    dir = g_dir_make_tmp("rhea-tls-XXXXXX", NULL);
    x509_make(dir, X509_GOOD);
    keys = g_build_filename(dir, "keys.psk", NULL);
    g_file_set_contents(keys, "other:00112233\nqemu:9c4b1f0a7d2e35\n", -1, NULL);

    g_test_add_func("/tls/creds/sanity", test_sanity);
    g_test_add_func("/tls/creds/missing", test_missing);
    g_test_add_func("/tls/authz", test_authz);
    g_test_add_func("/tls/authz/threads", test_authz_threads);
    g_test_add_func("/tls/chardev/x509", test_x509);
    g_test_add_func("/tls/chardev/psk", test_psk);
    g_test_add_func("/tls/chardev/anon", test_anon);
    g_test_add_func("/tls/chardev/turned-away", test_turned_away);
    g_test_add_func("/tls/chardev/authz-without-identity", test_authz_without_identity);
    g_test_add_func("/tls/chardev/silent-clients", test_silent_clients);
    g_test_add_func("/tls/chardev/limit", test_limit);
    g_test_add_func("/tls/chardev/one-after-the-other", test_one_after_the_other);
    g_test_add_func("/tls/chardev/wait-with-silent-client", test_wait_with_silent_client);
    g_test_add_func("/tls/chardev/mistakes", test_mistakes);
    result = g_test_run();
    x509_remove(dir);
    g_free(dir);
    return result;
}
