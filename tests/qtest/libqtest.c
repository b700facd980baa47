/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the emulator, and its two connections: the qtest protocol and QMP. */

#include "libqtest.h"
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "qapi/error.h"
#include "qobject/qjson.h"

#define TIMEOUT_MS (60 * 1000)
#define MAX_IRQS   256

/* One connection, read in lines. */
typedef struct Channel {
    int fd;
    GString *input;
} Channel;

struct QTestState {
    pid_t pid;
    Channel qtest, qmp;
    GQueue events; /* of QDict */
    bool irq_level[MAX_IRQS];
    unsigned irq_count[MAX_IRQS];
};

/* ---- connections ---- */

/* The emulator is gone, or hangs: says which. */
static G_NORETURN void lost(QTestState *s, const char *why)
{
    int status;

    if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
        if (WIFSIGNALED(status)) {
            g_error("%s: the emulator died of signal %d", why, WTERMSIG(status));
        }
        g_error("%s: the emulator ended with status %d", why, WEXITSTATUS(status));
    }
    kill(s->pid, SIGKILL);
    g_error("%s", why);
}

static void channel_write(QTestState *s, Channel *ch, const char *data, size_t len)
{
    while (len) {
        ssize_t done = send(ch->fd, data, len, MSG_NOSIGNAL);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            lost(s, "the connection is closed");
        }
        data += done;
        len -= done;
    }
}

/* The next line without its end; g_free(). NULL if the connection was closed. */
static char *channel_try_read_line(QTestState *s, Channel *ch)
{
    size_t seen = 0;

    for (;;) {
        char *nl = memchr(ch->input->str + seen, '\n', ch->input->len - seen);
        struct pollfd pfd = {.fd = ch->fd, .events = POLLIN};
        char buf[16384];
        ssize_t n;

        if (nl) {
            size_t len = nl - ch->input->str;
            char *line = g_strndup(ch->input->str, len);

            g_string_erase(ch->input, 0, len + 1);
            return g_strchomp(line);
        }
        seen = ch->input->len;
        n = poll(&pfd, 1, TIMEOUT_MS);
        if (n == 0) {
            lost(s, "no answer for a minute");
        }
        n = n < 0 ? -1 : recv(ch->fd, buf, sizeof(buf), 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return NULL;
        }
        g_string_append_len(ch->input, buf, n);
    }
}

static char *channel_read_line(QTestState *s, Channel *ch)
{
    char *line = channel_try_read_line(s, ch);

    if (!line) {
        /* It may need a moment from closing the connection to its end. */
        int status;

        if (waitpid(s->pid, &status, 0) == s->pid) {
            g_error("the emulator ended: %s %d", WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        }
        lost(s, "the connection was closed");
    }
    return line;
}

/* ---- starting and ending ---- */

static int open_channel(Channel *ch)
{
    int fds[2];

    g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    ch->fd = fds[0];
    ch->input = g_string_new(NULL);
    return fds[1];
}

static void close_channel(Channel *ch)
{
    close(ch->fd);
    g_string_free(ch->input, TRUE);
}

static void start(QTestState *s, const char *args)
{
    const char *binary = g_getenv("QTEST_QEMU_BINARY");
    const char *firmware = g_getenv("QTEST_FIRMWARE");
    const char *log = g_test_verbose() ? "/dev/fd/2" : "none";
    int qtest_fd = open_channel(&s->qtest), qmp_fd = open_channel(&s->qmp);
    g_autofree char *line = NULL;
    g_auto(GStrv) argv = NULL;
    pid_t parent = getpid();

    if (!binary || !firmware) {
        g_error("QTEST_QEMU_BINARY and QTEST_FIRMWARE must be set");
    }
    line = g_strdup_printf("'%s' -chardev socket,id=qtest,fd=%d -qtest chardev:qtest -qtest-log %s "
                           "-chardev socket,id=qmp,fd=%d -mon chardev=qmp,mode=control "
                           "-display none -bios '%s' %s",
                           binary, qtest_fd, log, qmp_fd, firmware, args);
    g_assert(g_shell_parse_argv(line, NULL, &argv, NULL));
    s->pid = fork();
    g_assert(s->pid >= 0);
    if (s->pid == 0) {
        /* It does not outlive the test program, however that ends. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
        fcntl(qtest_fd, F_SETFD, 0);
        fcntl(qmp_fd, F_SETFD, 0);
        /* Standard output is the test report's. */
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    close(qtest_fd);
    close(qmp_fd);
}

QTestState *qtest_init(const char *args)
{
    QTestState *s = g_new0(QTestState, 1);
    g_autofree char *greeting = NULL;

    g_queue_init(&s->events);
    start(s, args);
    greeting = channel_read_line(s, &s->qmp);
    if (!strstr(greeting, "\"QMP\"")) {
        g_error("not a QMP greeting: %s", greeting);
    }
    qtest_qmp_assert_success(s, "{'execute': 'qmp_capabilities'}");
    return s;
}

QTestState *qtest_initf(const char *fmt, ...)
{
    g_autofree char *args = NULL;
    va_list ap;

    va_start(ap, fmt);
    args = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    return qtest_init(args);
}

int qtest_wait_exit(QTestState *s)
{
    QDict *event;
    int status;
    char *line;

    /* Its last words, so that it does not wait for us to read them. */
    while ((line = channel_try_read_line(s, &s->qmp))) {
        g_free(line);
    }
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
        g_error("the emulator died of signal %d", WTERMSIG(status));
    }
    while ((event = g_queue_pop_head(&s->events))) {
        qobject_unref(event);
    }
    close_channel(&s->qtest);
    close_channel(&s->qmp);
    g_free(s);
    return WEXITSTATUS(status);
}

void qtest_quit(QTestState *s)
{
    static const char quit[] = "{\"execute\": \"quit\"}\n";

    channel_write(s, &s->qmp, quit, strlen(quit));
    g_assert_cmpint(qtest_wait_exit(s), ==, 0);
}

/* ---- the qtest protocol ---- */

/* True if @line was about a wire. */
static bool note_irq(QTestState *s, const char *line)
{
    bool raise = g_str_has_prefix(line, "IRQ raise ");
    int n;

    if (!raise && !g_str_has_prefix(line, "IRQ lower ")) {
        return false;
    }
    n = atoi(line + strlen("IRQ raise "));
    g_assert(n >= 0 && n < MAX_IRQS);
    s->irq_level[n] = raise;
    s->irq_count[n] += raise;
    return true;
}

char *qtest_raw(QTestState *s, const char *line, ssize_t len)
{
    char *reply;

    channel_write(s, &s->qtest, line, len < 0 ? strlen(line) : (size_t)len);
    channel_write(s, &s->qtest, "\n", 1);
    reply = channel_read_line(s, &s->qtest);
    while (note_irq(s, reply)) {
        g_free(reply);
        reply = channel_read_line(s, &s->qtest);
    }
    return reply;
}

/* The words after OK; g_free(). */
static char *G_GNUC_PRINTF(2, 3) command(QTestState *s, const char *fmt, ...)
{
    g_autofree char *line = NULL, *reply = NULL;
    va_list ap;

    va_start(ap, fmt);
    line = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    reply = qtest_raw(s, line, -1);
    if (strcmp(reply, "OK") && !g_str_has_prefix(reply, "OK ")) {
        g_error("'%.100s' is answered with '%.200s'", line, reply);
    }
    return g_strdup(reply[2] ? reply + 3 : "");
}

#define COMMAND(...) g_free(command(__VA_ARGS__))

#define DEFINE_PORT_ACCESS(suffix, type)                                                           \
    void qtest_out##suffix(QTestState *s, uint16_t port, type value)                               \
    {                                                                                              \
        COMMAND(s, "out" #suffix " 0x%x 0x%x", port, value);                                       \
    }                                                                                              \
                                                                                                   \
    type qtest_in##suffix(QTestState *s, uint16_t port)                                            \
    {                                                                                              \
        g_autofree char *value = command(s, "in" #suffix " 0x%x", port);                           \
        return strtoul(value, NULL, 0);                                                            \
    }

DEFINE_PORT_ACCESS(b, uint8_t)
DEFINE_PORT_ACCESS(w, uint16_t)
DEFINE_PORT_ACCESS(l, uint32_t)

#define DEFINE_MEMORY_ACCESS(suffix, type)                                                         \
    void qtest_write##suffix(QTestState *s, uint64_t addr, type value)                             \
    {                                                                                              \
        COMMAND(s, "write" #suffix " 0x%" PRIx64 " 0x%" PRIx64, addr, (uint64_t)value);            \
    }                                                                                              \
                                                                                                   \
    type qtest_read##suffix(QTestState *s, uint64_t addr)                                          \
    {                                                                                              \
        g_autofree char *value = command(s, "read" #suffix " 0x%" PRIx64, addr);                   \
        return strtoull(value, NULL, 0);                                                           \
    }

DEFINE_MEMORY_ACCESS(b, uint8_t)
DEFINE_MEMORY_ACCESS(w, uint16_t)
DEFINE_MEMORY_ACCESS(l, uint32_t)
DEFINE_MEMORY_ACCESS(q, uint64_t)

void qtest_memread(QTestState *s, uint64_t addr, void *data, size_t size)
{
    g_autofree char *text = command(s, "b64read 0x%" PRIx64 " 0x%zx", addr, size);
    g_autofree uint8_t *bytes = NULL;
    gsize len;

    bytes = g_base64_decode(text, &len);
    g_assert_cmpint(len, ==, size);
    memcpy(data, bytes, size);
}

void qtest_memwrite(QTestState *s, uint64_t addr, const void *data, size_t size)
{
    g_autofree char *text = g_base64_encode(data, size);

    COMMAND(s, "b64write 0x%" PRIx64 " 0x%zx %s", addr, size, text);
}

void qtest_memset(QTestState *s, uint64_t addr, uint8_t pattern, size_t size)
{
    COMMAND(s, "memset 0x%" PRIx64 " 0x%zx 0x%x", addr, size, pattern);
}

void qtest_outb_async(QTestState *s, uint16_t port, uint8_t value)
{
    g_autofree char *line = g_strdup_printf("outb 0x%x 0x%x\n", port, value);

    channel_write(s, &s->qtest, line, strlen(line));
}

static int64_t number_and_free(char *text)
{
    int64_t value = strtoll(text, NULL, 0);

    g_free(text);
    return value;
}

int64_t qtest_clock_step(QTestState *s, int64_t ns)
{
    return number_and_free(command(s, "clock_step %" PRIi64, ns));
}

int64_t qtest_clock_step_next(QTestState *s)
{
    return number_and_free(command(s, "clock_step"));
}

int64_t qtest_clock_set(QTestState *s, int64_t ns)
{
    return number_and_free(command(s, "clock_set %" PRIi64, ns));
}

void qtest_irq_intercept_in(QTestState *s, const char *qom_path)
{
    COMMAND(s, "irq_intercept_in %s", qom_path);
}

void qtest_irq_intercept_out(QTestState *s, const char *qom_path)
{
    COMMAND(s, "irq_intercept_out %s", qom_path);
}

void qtest_irq_intercept_out_named(QTestState *s, const char *qom_path, const char *name)
{
    COMMAND(s, "irq_intercept_out %s %s", qom_path, name);
}

void qtest_set_irq_in(QTestState *s, const char *qom_path, const char *name, int n, int level)
{
    COMMAND(s, "set_irq_in %s %s %d %d", qom_path, name ? name : "unnamed-gpio-in", n, level);
}

bool qtest_get_irq(QTestState *s, int n)
{
    return s->irq_level[n];
}

unsigned qtest_get_irq_count(QTestState *s, int n)
{
    return s->irq_count[n];
}

/* ---- QMP ---- */

static QDict *qmp_receive(QTestState *s)
{
    g_autofree char *line = channel_read_line(s, &s->qmp);
    QDict *message = qobject_to(QDict, qobject_from_json(line, NULL));

    if (!message) {
        g_error("QMP: not an object: %s", line);
    }
    return message;
}

static QDict *qmp_command(QTestState *s, const char *fmt, va_list ap)
{
    g_autofree char *line = g_strdup_vprintf(fmt, ap);

    channel_write(s, &s->qmp, line, strlen(line));
    channel_write(s, &s->qmp, "\n", 1);
    for (;;) {
        QDict *message = qmp_receive(s);

        if (!qdict_haskey(message, "event")) {
            return message;
        }
        g_queue_push_tail(&s->events, message);
    }
}

QDict *qtest_qmp(QTestState *s, const char *fmt, ...)
{
    QDict *response;
    va_list ap;

    va_start(ap, fmt);
    response = qmp_command(s, fmt, ap);
    va_end(ap);
    return response;
}

void qtest_qmp_assert_success(QTestState *s, const char *fmt, ...)
{
    g_autoptr(QDict) response = NULL;
    va_list ap;

    va_start(ap, fmt);
    response = qmp_command(s, fmt, ap);
    va_end(ap);
    if (!qdict_haskey(response, "return")) {
        g_autoptr(GString) json = qobject_to_json(QOBJECT(response));
        g_error("QMP: '%s' is answered with %s", fmt, json->str);
    }
}

QDict *qtest_qmp_eventwait_ref(QTestState *s, const char *event)
{
    for (;;) {
        QDict *message = g_queue_pop_head(&s->events);

        if (!message) {
            message = qmp_receive(s);
        }
        if (!g_strcmp0(qdict_get_try_str(message, "event"), event)) {
            return message;
        }
        qobject_unref(message);
    }
}

void qtest_qmp_eventwait(QTestState *s, const char *event)
{
    qobject_unref(qtest_qmp_eventwait_ref(s, event));
}

char *qtest_hmp(QTestState *s, const char *fmt, ...)
{
    g_autoptr(QDict) response = NULL;
    g_autofree char *line = NULL;
    const char *text;
    va_list ap;

    va_start(ap, fmt);
    line = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    response = qtest_qmp(
        s, "{'execute': 'human-monitor-command', 'arguments': {'command-line': '%s'}}", line);
    text = qdict_get_try_str(response, "return");
    if (!text) {
        g_error("monitor command '%s' fails", line);
    }
    return g_strdup(text);
}

/* Until the state is saved or loaded. */
static void wait_migration(QTestState *s, const char *path)
{
    for (;;) {
        g_autoptr(QDict) response = qtest_qmp(s, "{'execute': 'query-migrate'}");
        QDict *info = qdict_get_qdict(response, "return");
        const char *status = qdict_get_try_str(info, "status");

        if (!g_strcmp0(status, "failed")) {
            g_error("saving or loading '%s' fails: %s", path,
                    qdict_get_try_str(info, "error-desc"));
        }
        if (!g_strcmp0(status, "completed")) {
            return;
        }
    }
}

void qtest_save(QTestState *s, const char *path)
{
    qtest_qmp_assert_success(s, "{'execute': 'stop'}");
    qtest_qmp_assert_success(s, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", path);
    wait_migration(s, path);
}

QTestState *qtest_load(const char *args, const char *path)
{
    QTestState *s = qtest_initf("%s -incoming file:%s", args, path);

    wait_migration(s, path);
    return s;
}

void qtest_refused(const char *options, const char *words)
{
    g_autofree char *message = NULL;
    g_autofree char *command =
        g_strdup_printf("%s -S -display none %s", g_getenv("QTEST_QEMU_BINARY"), options);
    int status;

    g_assert_true(g_spawn_command_line_sync(command, NULL, &message, &status, NULL));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    if (!strstr(message, words)) {
        g_assert_cmpstr(message, ==, words);
    }
}

void qtest_system_reset(QTestState *s)
{
    qtest_qmp_assert_success(s, "{'execute': 'system_reset'}");
    qtest_qmp_eventwait(s, "RESET");
}
