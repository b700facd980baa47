/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions of QMP and HMP on a ring buffer: protocol, limits, hostile input, line editing. */

#include "qemu/osdep.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "../../monitor/monitor-internal.h"
#include "../../monitor/readline.h"
#include "chardev/char-ringbuf.h"
#include "qapi/compat-policy.h"
#include "qapi/qapi-events-acpi.h"
#include "qapi/qapi-events-memory-device.h"
#include "qapi/qapi-events-run-state.h"
#include "qapi/qmp-event.h"
#include "qapi/qobject-input-visitor.h"
#include "qemu/coroutine.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/qemu-print.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"

/* ---- commands of the test ---- */

static unsigned executed;

static void cmd_capabilities(QDict *args, QObject **ret, Error **errp)
{
    monitor_qmp_negotiated(monitor_cur(), qdict_haskey(args, "enable"), errp);
}

static const char *const colours[] = {"red", "green"};
static const QEnumLookup colour_lookup = {.array = colours, .size = ARRAY_SIZE(colours)};

/* "text", "*times", "*colour" */
static void cmd_echo(QDict *args, QObject **ret, Error **errp)
{
    g_autoptr(Visitor) v = qobject_input_visitor_new_qmp(QOBJECT(args));
    g_autofree char *text = NULL;
    bool has = false, ok;
    int64_t times;
    int colour;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return;
    }
    ok = visit_type_str(v, "text", &text, errp) &&
         (!visit_optional(v, "times", &has) || visit_type_int(v, "times", &times, errp)) &&
         (!visit_optional(v, "colour", &has) ||
          visit_type_enum(v, "colour", &colour, &colour_lookup, errp)) &&
         visit_check_struct(v, errp);
    visit_end_struct(v, NULL);
    if (ok) {
        executed++;
        *ret = QOBJECT(qstring_from_str(text));
    }
}

static void cmd_fail(QDict *args, QObject **ret, Error **errp)
{
    error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "no such thing");
}

static void cmd_big(QDict *args, QObject **ret, Error **errp)
{
    g_autofree char *text = g_strnfill(200000, 'x');

    executed++;
    *ret = QOBJECT(qstring_from_str(text));
}

static Coroutine *sleeper;
static Monitor *sleeper_monitor;

/* Waits until the test wakes it up. */
static void coroutine_fn cmd_sleep(QDict *args, QObject **ret, Error **errp)
{
    sleeper = qemu_coroutine_self();
    sleeper_monitor = monitor_cur();
    qemu_coroutine_yield();
    g_assert_true(monitor_cur() == sleeper_monitor || QTAILQ_EMPTY(&monitor_list));
    *ret = QOBJECT(qstring_from_str("woken"));
}

/* Which thread is this? */
static void cmd_where(QDict *args, QObject **ret, Error **errp)
{
    g_assert_nonnull(monitor_cur());
    *ret = QOBJECT(qstring_from_str(bql_locked() ? "main" : "own"));
}

static void register_commands(void)
{
    qmp_negotiation_commands = qmp_command_list_new();
    qmp_commands = qmp_command_list_new();
    qmp_register_command(qmp_negotiation_commands, "qmp_capabilities", cmd_capabilities, 0, 0);
    qmp_register_command(qmp_commands, "qmp_capabilities", cmd_capabilities, 0, 0);
    qmp_register_command(qmp_commands, "echo", cmd_echo, QCO_ALLOW_PRECONFIG, 0);
    qmp_register_command(qmp_commands, "fail", cmd_fail, 0, 1u << QAPI_DEPRECATED);
    qmp_register_command(qmp_commands, "big", cmd_big, 0, 0);
    qmp_register_command(qmp_commands, "sleep", cmd_sleep, QCO_COROUTINE, 0);
    qmp_register_command(qmp_commands, "where", cmd_where, QCO_ALLOW_OOB, 0);
}

static void hmp_say(Monitor *mon, const QDict *args)
{
    monitor_printf(mon, "said %s %" PRId64 " %d\n", qdict_get_str(args, "word"),
                   qdict_get_try_int(args, "n", -1), qdict_get_bool(args, "-v"));
}

static void hmp_opts(Monitor *mon, const QDict *args)
{
    QDict *opts = qdict_get_qdict(args, "opts");

    monitor_printf(mon, "driver %s x %s\n", qdict_get_try_str(opts, "driver"),
                   qdict_get_try_str(opts, "x"));
}

static void hmp_fmt(Monitor *mon, const QDict *args)
{
    error_report("to the monitor");
    qemu_printf("%d %c %d at %" PRIx64 "\n", (int)qdict_get_int(args, "count"),
                (int)qdict_get_int(args, "format"), (int)qdict_get_int(args, "size"),
                qdict_get_int(args, "addr"));
}

static const HMPCommand hmp_commands[] = {
    {"say|y", "-v,word:s,n:l?", "[-v] word [n]", "says it", hmp_say},
    {"opts", "opts:O", "driver[,x=y]", "options", hmp_opts, "driver"},
    {"fmt", "/,addr:l", "/fmt addr", "format", hmp_fmt},
};

/* ---- a session ---- */

static Chardev *start(MonitorMode mode, const char *size)
{
    g_autoptr(QDict) keys =
        qdict_from_jsonf_nofail("{'backend': 'ringbuf', 'id': 'm', 'size': %s}", size);
    Chardev *chr = qemu_chr_new_from_keys(keys, NULL, &error_abort);

    executed = 0;
    monitor_init_core();
    g_assert_true(monitor_init_chardev(chr, mode, false, &error_abort));
    main_loop_wait(true);
    return chr;
}

static void stop(void)
{
    monitor_cleanup();
    g_assert_true(qemu_chr_remove("m", &error_abort));
}

static void run_loop(void)
{
    for (int i = 0; i < 200; i++) {
        main_loop_wait(true);
    }
}

/* Like a back end: only what the monitor takes. Returns how much that was. */
static size_t type_bytes(Chardev *chr, const char *text, size_t len)
{
    size_t done = 0;

    for (int idle = 0; done < len && idle < 1000;) {
        int n = MIN(qemu_chr_be_can_write(chr), (int)(len - done));
        if (n > 0) {
            qemu_chr_be_write(chr, (const uint8_t *)text + done, n);
            done += n;
            idle = 0;
        } else {
            idle++;
        }
        main_loop_wait(true);
    }
    run_loop();
    return done;
}

static char *take(Chardev *chr)
{
    size_t n = ringbuf_count(chr);
    char *text = g_malloc0(n + 1);

    ringbuf_read(chr, (uint8_t *)text, n);
    return text;
}

static char *say(Chardev *chr, const char *text)
{
    type_bytes(chr, text, strlen(text));
    return take(chr);
}

/* The answer to @text as JSON. */
static QDict *ask(Chardev *chr, const char *text)
{
    g_autofree char *answer = say(chr, text);
    QObject *obj = qobject_from_json(answer, &error_abort);

    return qobject_to(QDict, obj);
}

static void assert_error(Chardev *chr, const char *text, const char *class, const char *part)
{
    g_autoptr(QDict) rsp = ask(chr, text);
    QDict *err = qdict_get_qdict(rsp, "error");

    g_assert_nonnull(err);
    g_assert_cmpstr(qdict_get_str(err, "class"), ==, class);
    g_assert_nonnull(strstr(qdict_get_str(err, "desc"), part));
}

static Chardev *start_qmp(const char *size)
{
    Chardev *chr = start(MONITOR_MODE_CONTROL, size);
    g_autofree char *greeting = take(chr);
    g_autofree char *ok = say(chr, "{'execute':'qmp_capabilities'}");

    g_assert_true(g_str_has_prefix(greeting, "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": "));
    g_assert_cmpstr(ok, ==, "{\"return\": {}}\r\n");
    return chr;
}

/* ---- QMP ---- */

static void test_negotiation(void)
{
    Chardev *chr = start(MONITOR_MODE_CONTROL, "65536");
    g_autofree char *greeting = take(chr);
    g_autofree char *silent = NULL;

    qapi_event_send_stop();
    run_loop();
    silent = take(chr);
    g_assert_cmpstr(silent, ==, "");
    assert_error(chr, "{'execute':'echo','arguments':{'text':'a'}}", "CommandNotFound",
                 "qmp_capabilities");
    qdict_unref(ask(chr, "{'execute':'qmp_capabilities'}"));
    assert_error(chr, "{'execute':'qmp_capabilities'}", "CommandNotFound", "already");
    stop();
}

static void test_requests(void)
{
    Chardev *chr = start_qmp("65536");
    g_autofree char *answer = NULL, *many = NULL, *err = NULL;

    answer = say(chr, "{'execute':'echo','arguments':{'text':'hi'},'id':{'a':[1,2]}}");
    g_assert_cmpstr(answer, ==, "{\"return\": \"hi\", \"id\": {\"a\": [1, 2]}}\r\n");
    err = say(chr, "{'execute':'fail', 'id': 7}");
    g_assert_cmpstr(err, ==,
                    "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no such thing\"}, "
                    "\"id\": 7}\r\n");
    /* Split anywhere, and several in one piece. */
    qemu_chr_be_write(chr, (const uint8_t *)"{'execute':'ec", 14);
    many = say(chr, "ho','arguments':{'text':'1'}}{'execute':'echo','arguments':{'text':'2'}}");
    g_assert_cmpstr(many, ==, "{\"return\": \"1\"}\r\n{\"return\": \"2\"}\r\n");
    stop();
}

static void test_refused(void)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"[]", "object"},
        {"{}", "execute"},
        {"{'execute':1}", "execute"},
        {"{'execute':'echo','argument':{}}", "argument"},
        {"{'execute':'echo','arguments':[]}", "arguments"},
        {"{'execute':'echo'}", "text"},
        {"{'execute':'echo','arguments':{'text':1}}", "string"},
        {"{'execute':'echo','arguments':{'text':'a','times':1.5}}", "integer"},
        {"{'execute':'echo','arguments':{'text':'a','colour':'blue'}}", "red, green"},
        {"{'execute':'echo','arguments':{'text':'a','txt':'b'}}", "txt"},
        {"{'exec-oob':'where'}", "out-of-band"},
        {"{'execute':'echo','exec-oob':'where'}", "out-of-band"},
    };
    Chardev *chr = start_qmp("65536");

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_error(chr, cases[i].text, "GenericError", cases[i].part);
    }
    assert_error(chr, "{'execute':'nothing'}", "CommandNotFound", "nothing");
    g_assert_cmpuint(executed, ==, 0);
    stop();
}

/* ---- out of band: a monitor with a thread of its own, on a socket ---- */

typedef struct Peer {
    int fd;
    GString *in;
} Peer;

static Peer connect_peer(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    Peer peer = {socket(AF_UNIX, SOCK_STREAM, 0), g_string_new(NULL)};

    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    g_assert_cmpint(connect(peer.fd, (struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    return peer;
}

static void peer_say(Peer *peer, const char *text)
{
    g_assert_cmpint(write(peer->fd, text, strlen(text)), ==, strlen(text));
}

/* The next line; the main loop stands still, so only the monitor's thread can have written it. */
static char *peer_line(Peer *peer)
{
    char *end, *line, buf[4096];

    while (!(end = strstr(peer->in->str, "\r\n"))) {
        ssize_t n = read(peer->fd, buf, sizeof(buf));
        g_assert_cmpint(n, >, 0);
        g_string_append_len(peer->in, buf, n);
    }
    line = g_strndup(peer->in->str, end - peer->in->str);
    g_string_erase(peer->in, 0, end + 2 - peer->in->str);
    return line;
}

static void peer_expect(Peer *peer, const char *line)
{
    g_autofree char *got = peer_line(peer);

    g_assert_cmpstr(got, ==, line);
}

/* Lets the main loop run until a line is there. */
static char *peer_line_main(Peer *peer)
{
    struct pollfd p = {.fd = peer->fd, .events = POLLIN};

    while (!strstr(peer->in->str, "\r\n") && poll(&p, 1, 0) == 0) {
        main_loop_wait(true);
    }
    return peer_line(peer);
}

static void peer_expect_main(Peer *peer, const char *line)
{
    g_autofree char *got = peer_line_main(peer);

    g_assert_cmpstr(got, ==, line);
}

static void peer_close(Peer *peer)
{
    close(peer->fd);
    g_string_free(peer->in, TRUE);
}

static Peer negotiate(const char *path, const char *request)
{
    Peer peer = connect_peer(path);
    g_autofree char *greeting = peer_line(&peer);

    g_assert_true(g_str_has_suffix(greeting, "\"capabilities\": [\"oob\"]}}"));
    peer_say(&peer, request);
    peer_expect_main(&peer, "{\"return\": {}}");
    return peer;
}

static char *start_socket(void)
{
    g_autofree char *dir = g_dir_make_tmp("rhea-monitor-XXXXXX", NULL);
    char *path = g_strconcat(dir, "/qmp", NULL);
    g_autoptr(QDict) keys = qdict_from_jsonf_nofail(
        "{'backend': 'socket', 'id': 'm', 'path': %s, 'server': true, 'wait': false}", path);

    monitor_init_core();
    monitor_init_chardev(qemu_chr_new_from_keys(keys, NULL, &error_abort), MONITOR_MODE_CONTROL,
                         false, &error_abort);
    return path;
}

static void stop_socket(char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);

    stop();
    g_free(path);
    g_assert_cmpint(rmdir(dir), ==, 0);
}

static void test_oob(void)
{
    int in_order = 0;
    char *path = start_socket();
    Peer peer = negotiate(path, "{'execute':'qmp_capabilities','arguments':{'enable':['oob']}}");

    /* The main loop is busy, as it were. */
    peer_say(&peer, "{'exec-oob':'where','id':1}");
    peer_expect(&peer, "{\"return\": \"own\", \"id\": 1}");
    peer_say(&peer, "{'execute':'where','id':2}{'exec-oob':'where','id':3}");
    peer_expect(&peer, "{\"return\": \"own\", \"id\": 3}");
    peer_expect_main(&peer, "{\"return\": \"main\", \"id\": 2}");
    peer_say(&peer, "{'exec-oob':'big'}");
    peer_expect(&peer, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"command 'big' cannot "
                       "be executed out of band; use 'execute'\"}}");

    /* More than the queue holds: all are answered, those of the main loop in order. */
    for (int i = 0; i < 20; i++) {
        g_autofree char *text = g_strdup_printf("{'execute':'where','id':%d}%s", i,
                                                i == 18 ? "{'exec-oob':'where','id':99}" : "");
        peer_say(&peer, text);
    }
    for (int i = 0; i < 21; i++) {
        g_autofree char *line = peer_line_main(&peer);
        g_autofree char *next = g_strdup_printf("{\"return\": \"main\", \"id\": %d}", in_order);

        if (!strcmp(line, "{\"return\": \"own\", \"id\": 99}")) {
            g_assert_cmpint(in_order, >=, 19 - 8);
            continue;
        }
        g_assert_cmpstr(line, ==, next);
        in_order++;
    }
    g_assert_cmpint(in_order, ==, 20);
    peer_close(&peer);

    /* Not without asking for it; and who asked before is forgotten. */
    peer = negotiate(path, "{'execute':'qmp_capabilities'}");
    peer_say(&peer, "{'exec-oob':'where'}");
    peer_expect_main(&peer, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"out-of-band "
                            "execution was not negotiated\"}}");
    peer_close(&peer);
    stop_socket(path);
}

/* Clients that come and go while requests of theirs are carried out. */
static void test_oob_reconnect(void)
{
    char *path = start_socket();

    for (int i = 0; i < 50; i++) {
        Peer peer =
            negotiate(path, "{'execute':'qmp_capabilities','arguments':{'enable':['oob']}}");
        peer_say(&peer, "{'execute':'big'}{'exec-oob':'where'}{'execute':'big'}");
        for (int n = 0; n < i % 5; n++) {
            main_loop_wait(true);
            qapi_event_send_stop();
        }
        peer_close(&peer);
    }
    stop_socket(path);
}

/* A command that waits: the main loop goes on, its monitor's next request waits, too. */
static void test_coroutine(void)
{
    Chardev *chr = start_qmp("65536");
    g_autofree char *first = NULL, *rest = NULL;

    first = say(chr, "{'execute':'sleep','id':1}{'execute':'echo','arguments':{'text':'2'}}");
    g_assert_cmpstr(first, ==, "");
    g_assert_nonnull(sleeper);
    g_assert_null(monitor_cur());
    qapi_event_send_stop();
    g_assert_cmpuint(executed, ==, 0);
    qemu_coroutine_enter(sleeper);
    run_loop();
    rest = take(chr);
    g_assert_nonnull(strstr(rest, "STOP"));
    g_assert_nonnull(strstr(rest, "{\"return\": \"woken\", \"id\": 1}\r\n{\"return\": \"2\"}\r\n"));

    /* Its monitor goes meanwhile; who knows when it will come back. */
    g_free(first);
    first = say(chr, "{'execute':'sleep'}");
    stop();
    qemu_coroutine_enter(sleeper);
}

static void test_gates(void)
{
    Chardev *chr = start_qmp("65536");

    qmp_in_preconfig = true;
    assert_error(chr, "{'execute':'big'}", "GenericError", "x-exit-preconfig");
    qdict_unref(ask(chr, "{'execute':'echo','arguments':{'text':'a'}}"));
    qmp_in_preconfig = false;
    compat_policy.deprecated_input = COMPAT_POLICY_INPUT_REJECT;
    assert_error(chr, "{'execute':'fail'}", "CommandNotFound", "-compat");
    compat_policy.deprecated_input = COMPAT_POLICY_INPUT_ACCEPT;
    assert_error(chr, "{'execute':'ecko'}", "CommandNotFound", "did you mean 'echo'?");
    stop();
}

static void test_events(void)
{
    Chardev *chr = start_qmp("65536");
    g_autofree char *text = NULL, *watchdogs = NULL;
    QDict *event;

    qapi_event_send_shutdown(true, SHUTDOWN_CAUSE_GUEST_RESET);
    text = take(chr);
    event = qobject_to(QDict, qobject_from_json(text, &error_abort));
    g_assert_cmpstr(qdict_get_str(event, "event"), ==, "SHUTDOWN");
    g_assert_true(qdict_get_bool(qdict_get_qdict(event, "data"), "guest"));
    g_assert_cmpstr(qdict_get_str(qdict_get_qdict(event, "data"), "reason"), ==, "guest-reset");
    g_assert_true(qdict_haskey(qdict_get_qdict(event, "timestamp"), "microseconds"));
    qdict_unref(event);
    /* What a guest can cause at will comes once a second. */
    for (int i = 0; i < 100; i++) {
        qapi_event_send_watchdog(WATCHDOG_ACTION_NONE);
    }
    watchdogs = take(chr);
    g_assert_cmpint(strlen(watchdogs), <, 200);
    stop();
}

static void send_port_change(const char *id, int n)
{
    g_autoptr(QDict) event =
        qdict_from_jsonf_nofail("{'event': 'VSERPORT_CHANGE', 'data': {'id': %s, 'n': %d}}", id, n);

    qapi_event_emit(QAPI_EVENT__MAX, event);
}

/* Some events are limited for each thing that they are about. The last one is not lost. */
static void test_event_limits(void)
{
    Chardev *chr = start_qmp("65536");
    g_autofree char *first = NULL;
    g_autoptr(GString) rest = g_string_new(NULL);

    for (int i = 0; i < 3; i++) {
        send_port_change("a", i);
        send_port_change("b", i);
    }
    first = take(chr);
    g_assert_nonnull(strstr(first, "{\"id\": \"a\", \"n\": 0}"));
    g_assert_nonnull(strstr(first, "{\"id\": \"b\", \"n\": 0}"));
    g_assert_null(strstr(first, "\"n\": 1"));
    while (!strstr(rest->str, "\"a\"") || !strstr(rest->str, "\"b\"")) {
        g_autofree char *more = NULL;
        main_loop_wait(false);
        more = take(chr);
        g_string_append(rest, more);
    }
    g_assert_null(strstr(rest->str, "\"n\": 1"));
    g_assert_nonnull(strstr(rest->str, "\"n\": 2"));
    stop();
}

/* What a guest says of its slots, as often as it likes: for each slot the first and the last. */
static void test_ost_limit(void)
{
    Chardev *chr = start_qmp("65536");
    g_autofree char *first = NULL;
    g_autoptr(GString) rest = g_string_new(NULL);

    for (int i = 0; i < 300; i++) {
        ACPIOSTInfo info = {.slot = (char *)(i % 2 ? "1" : "0"),
                            .slot_type = i % 3 ? ACPI_SLOT_TYPE_DIMM : ACPI_SLOT_TYPE_CPU,
                            .status = i};

        qapi_event_send_acpi_device_ost(&info);
        qapi_event_send_device_unplug_guest_error("d", "/machine/peripheral/d");
    }
    first = take(chr);
    for (int i = 0; i < 4; i++) {
        g_autofree char *status = g_strdup_printf("\"status\": %d}", i);

        g_assert_nonnull(strstr(first, status));
    }
    g_assert_null(strstr(first, "\"status\": 4}"));
    while (!strstr(rest->str, "\"status\": 299}") || !strstr(rest->str, "UNPLUG_GUEST_ERROR")) {
        g_autofree char *more = NULL;
        main_loop_wait(false);
        more = take(chr);
        g_string_append(rest, more);
    }
    g_assert_null(strstr(rest->str, "\"status\": 200}"));
    stop();
}

/* ---- hostile input ---- */

static void assert_alive(Chardev *chr)
{
    g_autofree char *answer = say(chr, "\n{'execute':'echo','arguments':{'text':'alive'}}");

    g_assert_true(g_str_has_suffix(answer, "{\"return\": \"alive\"}\r\n"));
}

static void test_depth(void)
{
    Chardev *chr = start_qmp("1048576");
    g_autofree char *open = g_strnfill(10000, '[');
    g_autofree char *close = g_strnfill(10000, ']');
    g_autofree char *objects = g_strdup(open);
    g_autofree char *answer = NULL;

    type_bytes(chr, open, 10000);
    type_bytes(chr, close, 10000);
    answer = take(chr);
    g_assert_true(g_str_has_prefix(answer, "{\"error\""));
    assert_alive(chr);
    stop();
}

static void test_bad_text(void)
{
    static const char *const texts[] = {
        "{'execute':'echo','arguments':{'text':'\xff\xfe'}}\n",
        "{'execute':'echo','arguments':{'text':'\xed\xa0\x80'}}\n",
        "{'execute':'echo','arguments':{'text':'\xc0\x80'}}\n",
        "{'execute':'echo','arguments':{'text':'\\ud800'}}\n",
        "{'execute' 'echo'}\n",
        "}}}}]]]]\n",
        "\"\n",
        "{'a':1,}\n",
        "%s%d\n",
        "\001\002\003\n",
    };
    Chardev *chr = start_qmp("65536");

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        g_autofree char *answer = say(chr, texts[i]);
        g_assert_true(g_str_has_prefix(answer, "{\"error\""));
        assert_alive(chr);
    }
    g_assert_cmpuint(executed, ==, ARRAY_SIZE(texts));
    stop();
}

static void test_huge_string(void)
{
    Chardev *chr = start_qmp("8388608");
    g_autofree char *half = g_strnfill(1 << 20, 'a');
    g_autofree char *answer = NULL;

    type_bytes(chr, "{'execute':'echo','arguments':{'text':'", 39);
    type_bytes(chr, half, 1 << 20);
    answer = say(chr, "'}}");
    g_assert_cmpuint(strlen(answer), ==, (1 << 20) + strlen("{\"return\": \"\"}\r\n"));
    assert_alive(chr);
    stop();
}

static void test_flood(void)
{
    Chardev *chr = start_qmp("8388608");
    g_autoptr(GString) flood = g_string_new(NULL);
    g_autofree char *answer = NULL;
    int answers = 0;

    for (int i = 0; i < 5000; i++) {
        g_string_append(flood, "{'execute':'echo','arguments':{'text':''}}");
    }
    /* All in one piece, as a careless back end would: kept, then served in turn. */
    qemu_chr_be_write(chr, (const uint8_t *)flood->str, flood->len);
    g_assert_cmpint(qemu_chr_be_can_write(chr), ==, 0);
    for (int i = 0; i < 20000 && executed < 5000; i++) {
        main_loop_wait(true);
    }
    answer = take(chr);
    for (const char *p = answer; (p = strstr(p, "return")) != NULL; p++) {
        answers++;
    }
    g_assert_cmpint(answers, ==, 5000);
    assert_alive(chr);
    stop();
}

/* A back end that takes nothing. */
static bool stuck = false;

static int stuck_write(Chardev *chr, const uint8_t *buf, int len)
{
    errno = EAGAIN;
    return stuck ? -1 : len;
}

static void stuck_class_init(ObjectClass *oc, const void *data)
{
    CHARDEV_CLASS(oc)->chr_write = stuck_write;
}

static void test_no_reader(void)
{
    g_autoptr(QDict) none = qdict_new();
    Chardev *chr = qemu_chardev_new("m", "chardev-test-stuck", none, NULL, &error_abort);
    g_autoptr(GString) flood = g_string_new(NULL);
    size_t taken;

    executed = 0;
    stuck = false;
    monitor_init_core();
    monitor_init_chardev(chr, MONITOR_MODE_CONTROL, false, &error_abort);
    type_bytes(chr, "{'execute':'qmp_capabilities'}", 30);
    stuck = true;
    for (int i = 0; i < 5000; i++) {
        g_string_append(flood, "{'execute':'big'}");
    }
    taken = type_bytes(chr, flood->str, flood->len);
    /* It stops taking requests when about 1 MiB of answers waits. */
    g_assert_cmpuint(executed, <=, 8);
    g_assert_cmpuint(taken, <, flood->len);
    stuck = false;
    stop();
}

/* ---- HMP ---- */

static void test_hmp_line(void)
{
    Chardev *chr = start(MONITOR_MODE_READLINE, "65536");
    g_autofree char *banner = take(chr);
    g_autofree char *text = NULL, *unknown = NULL, *usage = NULL;

    g_assert_true(g_str_has_prefix(banner, "QEMU "));
    g_assert_true(g_str_has_suffix(banner, "\r\n(qemu) "));
    text = say(chr, "say -v \"a b\" 2+3*4\r");
    g_assert_nonnull(strstr(text, "\r\nsaid a b 14 1\r\n(qemu) "));
    unknown = say(chr, "sya\r");
    g_assert_nonnull(strstr(unknown, "unknown command: 'sya'\r\nDid you mean 'say'?"));
    usage = say(chr, "say\r");
    g_assert_nonnull(strstr(usage, "'word' is missing"));
    stop();
}

static void assert_prints(const char *line, const char *text)
{
    g_autofree char *out = hmp_execute_to_string(line, -1);

    g_assert_cmpstr(out, ==, text);
}

static void test_hmp_args(void)
{
    monitor_init_core();
    assert_prints("y x", "said x -1 0\n");
    assert_prints("opts foo,x=1", "driver foo x 1\n");
    assert_prints("fmt/10xw 0x10", "test-monitor: to the monitor\n10 x 4 at 10\n");
    assert_prints("fmt /2i (1+2)*'A'", "test-monitor: to the monitor\n2 i 0 at c3\n");
    assert_prints("fmt 1/0", "fmt: argument 'addr': division by zero\n"
                             "Try \"help fmt\" for more information\n");
    assert_prints("fmt -9223372036854775808/-1",
                  "test-monitor: to the monitor\n1 x 0 at 8000000000000000\n");
    assert_prints("help opts", "opts driver[,x=y] -- options\n");
    monitor_cleanup();
}

static void test_hmp_hostile(void)
{
    static const char *const starts[] = {"fmt ", "opts ", "say \"", "info ", "help ", "say -", ""};
    static const char chars[] = "((~-+'\"\\/$,=%[]{}\377";

    monitor_init_core();
    for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
        for (const char *c = chars; *c; c++) {
            g_autofree char *run = g_strnfill(5000, *c);
            g_autofree char *line = g_strconcat(starts[i], run, NULL);
            g_autofree char *out = hmp_execute_to_string(line, -1);
            g_assert_nonnull(out);
        }
    }
    monitor_cleanup();
}

static void test_hmp_keys(void)
{
    Chardev *chr = start(MONITOR_MODE_READLINE, "65536");
    g_autofree char *banner = take(chr);
    g_autofree char *edited = NULL, *again = NULL, *completed = NULL;

    /* "sayz ac", left, delete back, insert b; home, right x3, delete. */
    edited = say(chr, "sayz ac\033[D\010b\001\033[C\033[C\033[C\004\r");
    g_assert_nonnull(strstr(edited, "said bc -1 0"));
    again = say(chr, "\033[A\r");
    g_assert_nonnull(strstr(again, "said bc -1 0"));
    completed = say(chr, "sa\t w\r");
    g_assert_nonnull(strstr(completed, "said w -1 0"));
    stop();
}

int main(int argc, char **argv)
{
    static const TypeInfo stuck_type = {
        .name = "chardev-test-stuck",
        .parent = TYPE_CHARDEV,
        .class_init = stuck_class_init,
    };

    g_test_init(&argc, &argv, NULL);
    error_init(argv[0]);
    module_call_init(MODULE_INIT_QOM);
    type_register_static(&stuck_type);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    register_commands();
    hmp_register_commands(hmp_commands, ARRAY_SIZE(hmp_commands), false);

    g_test_add_func("/monitor/qmp/negotiation", test_negotiation);
    g_test_add_func("/monitor/qmp/requests", test_requests);
    g_test_add_func("/monitor/qmp/refused", test_refused);
    g_test_add_func("/monitor/qmp/oob", test_oob);
    g_test_add_func("/monitor/qmp/oob-reconnect", test_oob_reconnect);
    g_test_add_func("/monitor/qmp/coroutine", test_coroutine);
    g_test_add_func("/monitor/qmp/gates", test_gates);
    g_test_add_func("/monitor/qmp/events", test_events);
    g_test_add_func("/monitor/qmp/event-limits", test_event_limits);
    g_test_add_func("/monitor/qmp/ost-limit", test_ost_limit);
    g_test_add_func("/monitor/qmp/depth", test_depth);
    g_test_add_func("/monitor/qmp/bad-text", test_bad_text);
    g_test_add_func("/monitor/qmp/huge-string", test_huge_string);
    g_test_add_func("/monitor/qmp/flood", test_flood);
    g_test_add_func("/monitor/qmp/no-reader", test_no_reader);
    g_test_add_func("/monitor/hmp/line", test_hmp_line);
    g_test_add_func("/monitor/hmp/args", test_hmp_args);
    g_test_add_func("/monitor/hmp/hostile", test_hmp_hostile);
    g_test_add_func("/monitor/hmp/keys", test_hmp_keys);
    return g_test_run();
}
