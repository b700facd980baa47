/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-io's commands that read and write, and how a line becomes one. Main thread. */
#include "qemu/osdep.h"
#include "block/io-cmds.h"
#include "block/aio-wait.h"
#include "block/block_int.h"
#include "qemu/cutils.h"
#include "qemu/timer.h"

#define DEFAULT_PATTERN 0xcd
#define MISALIGN        16
/* One request's buffers. */
#define MAX_BYTES (1 * GiB)

static GPtrArray *commands; /* const IoCommand */

/* ---- words and numbers ---- */

bool io_parse_size(IoSession *s, const char *text, int64_t *value)
{
    uint64_t n;

    if (qemu_strtosz(text, NULL, &n) < 0 || n > INT64_MAX) {
        g_string_append_printf(s->out,
                               "Parsing error: non-numeric argument, or extraneous/"
                               "unrecognized suffix -- %s\n",
                               text);
        return false;
    }
    *value = n;
    return true;
}

static bool parse_pattern(IoSession *s, const IoArgs *a, int *pattern)
{
    uint64_t n;

    if (!a->on['P']) {
        return true;
    }
    if (parse_uint_full(a->value['P'], 0, &n) < 0 || n > 255) {
        g_string_append_printf(s->out, "%s is not a valid pattern byte\n", a->value['P']);
        return false;
    }
    *pattern = n;
    return true;
}

/* ---- what is said about a request ---- */

static void report(IoSession *s, const char *verb, int64_t offset, int64_t done, int64_t total,
                   int64_t ns, bool machine)
{
    double seconds = MAX(ns, 1) / 1e9;
    g_autofree char *size = size_to_str(done), *rate = size_to_str(done / seconds);

    if (machine) {
        g_string_append_printf(s->out, "%" PRId64 ",1,%.2f,%.4f,%.4f\n", done, seconds,
                               done / seconds, 1 / seconds);
        return;
    }
    g_string_append_printf(s->out,
                           "%s %" PRId64 "/%" PRId64 " bytes at offset %" PRId64
                           "\n%s, 1 ops; %05.2f sec (%s/sec and %.4f ops/sec)\n",
                           verb, done, total, offset, size, seconds, rate, 1 / seconds);
}

static void dump(IoSession *s, const uint8_t *buf, int64_t offset, int64_t len)
{
    for (int64_t i = 0; i < len; i += 16) {
        g_string_append_printf(s->out, "%08" PRIx64 ":  ", offset + i);
        for (int64_t j = i; j < MIN(i + 16, len); j++) {
            g_string_append_printf(s->out, "%02x ", buf[j]);
        }
        g_string_append_c(s->out, ' ');
        for (int64_t j = i; j < MIN(i + 16, len); j++) {
            g_string_append_c(s->out, g_ascii_isalnum(buf[j]) ? buf[j] : '.');
        }
        g_string_append_c(s->out, '\n');
    }
}

/* ---- a request ---- */

typedef enum IoKind { IO_READ, IO_WRITE, IO_DISCARD, IO_VMSTATE_READ, IO_VMSTATE_WRITE } IoKind;

typedef struct IoRequest {
    IoSession *s;
    IoKind kind;
    int64_t offset, bytes;
    void *memory; /* of @buf; NULL for zeroes and discards */
    uint8_t *buf;
    QEMUIOVector qiov;
    BdrvRequestFlags flags;
    bool zeroes, quiet, machine, verbose, verify;
    int pattern;
    int64_t verify_from, verify_len;
    BlockAcctCookie cookie;
    int64_t start_ns;
} IoRequest;

static void request_free(IoRequest *r)
{
    if (r->memory) {
        qemu_vfree(r->memory);
        qemu_iovec_destroy(&r->qiov);
    }
    g_free(r);
}

static void check_pattern(IoRequest *r)
{
    for (int64_t i = 0; i < r->verify_len; i++) {
        if (r->buf[r->verify_from + i] != r->pattern) {
            g_string_append_printf(
                r->s->out, "Pattern verification failed at offset %" PRId64 ", %" PRId64 " bytes\n",
                r->offset + r->verify_from, r->verify_len);
            r->s->failed = true;
            return;
        }
    }
}

/* It has ended; frees it. */
static int finish(IoRequest *r, int ret, const char *what, const char *verb)
{
    BlockAcctStats *stats = blk_get_stats(r->s->blk);

    if (ret < 0) {
        block_acct_failed(stats, &r->cookie);
        g_string_append_printf(r->s->out, "%s failed: %s\n", what, strerror(-ret));
        r->s->failed = true;
    } else {
        block_acct_done(stats, &r->cookie);
        if (r->verify) {
            check_pattern(r);
        }
        if (!r->quiet) {
            if (r->verbose) {
                dump(r->s, r->buf, r->offset, r->bytes);
            }
            report(r->s, verb, r->offset, r->bytes, r->bytes,
                   qemu_clock_get_ns(QEMU_CLOCK_REALTIME) - r->start_ns, r->machine);
        }
    }
    request_free(r);
    return ret < 0 ? ret : 0;
}

/* Data of a file, again and again. */
static bool fill_from_file(IoRequest *r, const char *name)
{
    int fd = qemu_open(name, O_RDONLY, NULL);
    int64_t len = fd < 0 ? -1 : qemu_read_full(fd, r->buf, r->bytes);

    if (fd >= 0) {
        qemu_close(fd);
    }
    if (len <= 0) {
        g_string_append_printf(r->s->out, "%s: cannot be read, or is empty\n", name);
        return false;
    }
    for (int64_t i = len; i < r->bytes; i += len) {
        memcpy(r->buf + i, r->buf, MIN(len, r->bytes - i));
    }
    return true;
}

/* One piece of the buffer for each length. */
static bool make_buffer(IoRequest *r, const IoArgs *a, const int64_t *lengths, int n)
{
    int64_t pos = 0;

    r->memory = blk_try_blockalign(r->s->blk, r->bytes + MISALIGN);
    if (!r->memory) {
        g_string_append(r->s->out, "There is not enough memory for the buffer\n");
        return false;
    }
    r->buf = (uint8_t *)r->memory + (r->s->misalign ? MISALIGN : 0);
    qemu_iovec_init(&r->qiov, n);
    for (int i = 0; i < n; i++) {
        qemu_iovec_add(&r->qiov, r->buf + pos, lengths[i]);
        pos += lengths[i];
    }
    if (r->kind == IO_READ || r->kind == IO_VMSTATE_READ) {
        memset(r->buf, 0xab, r->bytes);
        return true;
    }
    if (a->on['s']) {
        return fill_from_file(r, a->value['s']);
    }
    memset(r->buf, r->pattern, r->bytes);
    return true;
}

static bool check_verify(IoRequest *r, const IoArgs *a, bool has_range)
{
    r->verify = a->on['P'] && r->kind == IO_READ;
    r->verify_len = r->bytes;
    if (!r->verify || !has_range) {
        return true;
    }
    if ((a->on['s'] && !io_parse_size(r->s, a->value['s'], &r->verify_from)) ||
        (a->on['l'] && !io_parse_size(r->s, a->value['l'], &r->verify_len))) {
        return false;
    }
    if (!a->on['l']) {
        r->verify_len = r->bytes - r->verify_from;
    }
    if (r->verify_from > r->bytes || r->verify_len < 0 ||
        r->verify_len > r->bytes - r->verify_from) {
        g_string_append(r->s->out, "pattern verification range exceeds end of read data\n");
        return false;
    }
    return true;
}

static bool check_flags(IoRequest *r, const IoArgs *a)
{
    GString *out = r->s->out;

    r->zeroes = a->on['z'];
    if (a->on['u'] && !r->zeroes) {
        g_string_append(out, "-u requires -z to be specified\n");
        return false;
    }
    if (a->on['n'] && !r->zeroes) {
        g_string_append(out, "-n requires -z to be specified\n");
        return false;
    }
    if (r->zeroes && a->on['P']) {
        g_string_append(out, "-z and -P cannot be specified at the same time\n");
        return false;
    }
    r->flags = (a->on['f'] ? BDRV_REQ_FUA : 0) | (a->on['u'] ? BDRV_REQ_MAY_UNMAP : 0) |
               (a->on['n'] ? BDRV_REQ_NO_FALLBACK : 0);
    if (a->on['c'] && r->kind == IO_WRITE) {
        r->flags |= BDRV_REQ_WRITE_COMPRESSED;
    }
    return true;
}

/* From the words of a command; NULL and told on a mistake. */
static IoRequest *request_new(IoSession *s, const IoArgs *a, IoKind kind, bool has_range)
{
    IoRequest *r = g_new0(IoRequest, 1);
    int n = a->argc - 2;
    g_autofree int64_t *lengths = g_new0(int64_t, n);

    r->s = s;
    r->kind = kind;
    r->quiet = a->on['q'];
    r->machine = a->on['C'];
    r->verbose = a->on['v'];
    r->pattern = DEFAULT_PATTERN;
    if (!parse_pattern(s, a, &r->pattern) || !io_parse_size(s, a->argv[1], &r->offset)) {
        goto fail;
    }
    for (int i = 0; i < n; i++) {
        if (!io_parse_size(s, a->argv[i + 2], &lengths[i])) {
            goto fail;
        }
        r->bytes += MIN(lengths[i], BDRV_MAX_LENGTH / 64);
    }
    if (kind != IO_DISCARD && !check_flags(r, a)) {
        goto fail;
    }
    if (kind == IO_DISCARD || r->zeroes) {
        return r;
    }
    if (r->bytes > MAX_BYTES) {
        g_string_append_printf(s->out, "length cannot exceed %" PRIu64 ", given %" PRId64 "\n",
                               (uint64_t)MAX_BYTES, r->bytes);
        goto fail;
    }
    if (!check_verify(r, a, has_range) || !make_buffer(r, a, lengths, n)) {
        goto fail;
    }
    return r;

fail:
    request_free(r);
    return NULL;
}

static void request_start(IoRequest *r)
{
    BlockAcctType type = r->kind == IO_READ      ? BLOCK_ACCT_READ
                         : r->kind == IO_DISCARD ? BLOCK_ACCT_UNMAP
                                                 : BLOCK_ACCT_WRITE;

    r->start_ns = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
    block_acct_start(blk_get_stats(r->s->blk), &r->cookie, r->bytes, type);
}

static int request_run(IoRequest *r)
{
    BlockBackend *blk = r->s->blk;

    request_start(r);
    switch (r->kind) {
    case IO_READ:
        return blk_preadv(blk, r->offset, r->bytes, &r->qiov, 0);
    case IO_WRITE:
        return r->zeroes ? blk_pwrite_zeroes(blk, r->offset, r->bytes, r->flags)
                         : blk_pwritev(blk, r->offset, r->bytes, &r->qiov, r->flags);
    case IO_DISCARD:
        return blk_pdiscard(blk, r->offset, r->bytes);
    case IO_VMSTATE_READ:
        return blk_load_vmstate(blk, r->buf, r->offset, r->bytes);
    case IO_VMSTATE_WRITE:
        return blk_save_vmstate(blk, r->buf, r->offset, r->bytes);
    }
    return -EINVAL;
}

/* ---- commands ---- */

static int cmd_read(IoSession *s, const IoArgs *a)
{
    IoRequest *r = request_new(s, a, a->on['b'] ? IO_VMSTATE_READ : IO_READ, true);

    return r ? finish(r, request_run(r), "read", "read") : -EINVAL;
}

static int cmd_readv(IoSession *s, const IoArgs *a)
{
    IoRequest *r = request_new(s, a, IO_READ, false);

    return r ? finish(r, request_run(r), "read", "read") : -EINVAL;
}

static int cmd_write(IoSession *s, const IoArgs *a)
{
    IoRequest *r;

    if (a->on['b'] + a->on['c'] + a->on['z'] > 1) {
        g_string_append(s->out, "-b, -c, or -z cannot be specified at the same time\n");
        return -EINVAL;
    }
    if (a->on['s'] && a->on['P']) {
        g_string_append(s->out, "Only one of -z, -P, and -s can be specified at the same time\n");
        return -EINVAL;
    }
    r = request_new(s, a, a->on['b'] ? IO_VMSTATE_WRITE : IO_WRITE, false);
    return r ? finish(r, request_run(r), "write", "wrote") : -EINVAL;
}

static int cmd_discard(IoSession *s, const IoArgs *a)
{
    IoRequest *r = request_new(s, a, IO_DISCARD, false);

    return r ? finish(r, request_run(r), "discard", "discard") : -EINVAL;
}

static void aio_done(void *opaque, int ret)
{
    IoRequest *r = opaque;
    IoSession *s = r->s;
    bool read = r->kind == IO_READ;

    finish(r, ret,
           r->kind == IO_DISCARD ? "aio_discard"
           : read                ? "readv"
                                 : "aio_write",
           r->kind == IO_DISCARD ? "discard"
           : read                ? "read"
                                 : "wrote");
    s->pending--;
    aio_wait_kick();
}

static int aio_start(IoSession *s, const IoArgs *a, IoKind kind)
{
    IoRequest *r = request_new(s, a, kind, false);

    if (!r) {
        return -EINVAL;
    }
    if (a->on['i']) {
        block_acct_invalid(blk_get_stats(s->blk),
                           kind == IO_READ ? BLOCK_ACCT_READ : BLOCK_ACCT_WRITE);
        request_free(r);
        return 0;
    }
    s->pending++;
    request_start(r);
    if (kind == IO_READ) {
        blk_aio_preadv(s->blk, r->offset, &r->qiov, 0, aio_done, r);
    } else if (kind == IO_DISCARD) {
        blk_aio_pdiscard(s->blk, r->offset, r->bytes, aio_done, r);
    } else if (r->zeroes) {
        blk_aio_pwrite_zeroes(s->blk, r->offset, r->bytes, r->flags, aio_done, r);
    } else {
        blk_aio_pwritev(s->blk, r->offset, &r->qiov, r->flags, aio_done, r);
    }
    return 0;
}

static int cmd_aio_read(IoSession *s, const IoArgs *a)
{
    return aio_start(s, a, IO_READ);
}

static int cmd_aio_write(IoSession *s, const IoArgs *a)
{
    return aio_start(s, a, IO_WRITE);
}

static int cmd_aio_discard(IoSession *s, const IoArgs *a)
{
    return aio_start(s, a, IO_DISCARD);
}

void io_finish(IoSession *s)
{
    AIO_WAIT_WHILE(NULL, s->pending > 0);
}

static int cmd_aio_flush(IoSession *s, const IoArgs *a)
{
    BlockAcctCookie cookie;

    block_acct_start(blk_get_stats(s->blk), &cookie, 0, BLOCK_ACCT_FLUSH);
    io_finish(s);
    block_acct_done(blk_get_stats(s->blk), &cookie);
    return 0;
}

static int cmd_flush(IoSession *s, const IoArgs *a)
{
    int ret = blk_flush(s->blk);

    if (ret < 0) {
        g_string_append_printf(s->out, "flush failed: %s\n", strerror(-ret));
        s->failed = true;
    }
    return ret;
}

static int cmd_help(IoSession *s, const IoArgs *a)
{
    for (guint i = 0; i < commands->len; i++) {
        const IoCommand *c = commands->pdata[i];

        if (a->argc < 2 || !strcmp(a->argv[1], c->name)) {
            g_string_append_printf(s->out, "%s %s-- %s\n", c->name, c->args, c->help);
        }
    }
    return 0;
}

/* ---- a line ---- */

static const IoCommand io_commands[] = {
    {"aio_discard", NULL, "[-Cq] off len ", "starts to discard a range", 2, 2, "Cq", true,
     BLK_PERM_WRITE, cmd_aio_discard},
    {"aio_flush", NULL, "", "waits for all requests that were started", 0, 0, "", true, 0,
     cmd_aio_flush},
    {"aio_read", NULL, "[-Ciqrv] [-P pattern] off len [len..] ", "starts to read a range", 2, -1,
     "CiqrvP:", true, 0, cmd_aio_read},
    {"aio_write", NULL, "[-Cfiqruz] [-P pattern] off len [len..] ", "starts to write a range", 2,
     -1, "CfiqruzP:", true, BLK_PERM_WRITE, cmd_aio_write},
    {"discard", "d", "[-Cq] off len ", "discards a range", 2, 2, "Cq", true, BLK_PERM_WRITE,
     cmd_discard},
    {"flush", "f", "", "has what was written come to stable storage", 0, 0, "", true, 0, cmd_flush},
    {"help", "?", "[command] ", "tells about commands", 0, 1, "", false, 0, cmd_help},
    {"read", "r", "[-abCqrv] [-P pattern [-s off] [-l len]] off len ", "reads a range", 2, 2,
     "abCqrvpP:s:l:", true, 0, cmd_read},
    {"readv", "rv", "[-Cqrv] [-P pattern] off len [len..] ",
     "reads a range, into a buffer of several pieces", 2, -1, "CqrvP:", true, 0, cmd_readv},
    {"write", "w", "[-bcCfnqruz] [-P pattern | -s source_file] off len ", "writes a range", 2, 2,
     "bcCfnqruzpP:s:", true, BLK_PERM_WRITE, cmd_write},
    {"writev", "wv", "[-Cfqr] [-P pattern] off len [len..] ",
     "writes a range, from a buffer of several pieces", 2, -1, "CfqrP:", true, BLK_PERM_WRITE,
     cmd_write},
};

static gint compare_commands(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const IoCommand *const *)a)->name, (*(const IoCommand *const *)b)->name);
}

void io_add_commands(const IoCommand *cmds, size_t n)
{
    if (!commands) {
        commands = g_ptr_array_new();
    }
    for (size_t i = 0; i < n; i++) {
        g_ptr_array_add(commands, (void *)&cmds[i]);
    }
    g_ptr_array_sort(commands, compare_commands);
}

static void add_common(void)
{
    static bool done;

    if (!done) {
        done = true;
        io_add_commands(io_commands, ARRAY_SIZE(io_commands));
        io_register_info();
        io_register_zones();
    }
}

void io_add_program_commands(const IoCommand *cmds, size_t n)
{
    add_common();
    io_add_commands(cmds, n);
}

static const IoCommand *find_command(const char *name)
{
    add_common();
    for (guint i = 0; i < commands->len; i++) {
        const IoCommand *c = commands->pdata[i];

        if (!strcmp(name, c->name) || (c->alias && !strcmp(name, c->alias))) {
            return c;
        }
    }
    return NULL;
}

/* Sort switches from other words, which stay in @a->argv after the name. */
static bool parse_switches(IoSession *s, const IoCommand *c, char **words, int n, IoArgs *a)
{
    bool options = true;

    a->command = words[0];
    a->argv[a->argc++] = words[0];
    for (int i = 1; i < n; i++) {
        const char *p = words[i] + 1;

        if (!options || words[i][0] != '-' || !*p) {
            a->argv[a->argc++] = words[i];
            continue;
        }
        if (!strcmp(words[i], "--")) {
            options = false;
            continue;
        }
        for (; *p; p++) {
            const char *known = *p != ':' ? strchr(c->switches, *p) : NULL;

            if (!known || (unsigned char)*p >= 128) {
                g_string_append_printf(s->out, "%s: invalid option -- '%c'\n", c->name, *p);
                return false;
            }
            a->on[(int)*p] = true;
            if (known[1] == ':') {
                a->value[(int)*p] = p[1] ? p + 1 : i + 1 < n ? words[++i] : NULL;
                if (!a->value[(int)*p]) {
                    g_string_append_printf(s->out, "%s: option requires an argument -- '%c'\n",
                                           c->name, *p);
                    return false;
                }
                break;
            }
        }
    }
    return true;
}

static bool check_count(IoSession *s, const IoCommand *c, int n)
{
    if (n >= c->min_args && (c->max_args < 0 || n <= c->max_args)) {
        return true;
    }
    g_string_append_printf(s->out, "bad argument count %d to %s, expected ", n, c->name);
    if (c->max_args < 0) {
        g_string_append_printf(s->out, "at least %d arguments\n", c->min_args);
    } else if (c->min_args == c->max_args) {
        g_string_append_printf(s->out, "exactly %d arguments\n", c->min_args);
    } else {
        g_string_append_printf(s->out, "between %d and %d arguments\n", c->min_args, c->max_args);
    }
    return false;
}

/* The requests of a command that writes, where its user may only read so far. */
static bool take_perm(IoSession *s, uint64_t more)
{
    uint64_t perm, shared;
    Error *err = NULL;

    if (!more) {
        return true;
    }
    blk_get_perm(s->blk, &perm, &shared);
    /* What is read-only says so itself. */
    if (!(more & ~perm) || !blk_supports_write_perm(s->blk)) {
        return true;
    }
    if (!blk_set_perm(s->blk, perm | more, shared, &err)) {
        g_string_append_printf(s->out, "Error: %s\n", error_get_pretty(err));
        error_free(err);
        return false;
    }
    return true;
}

int io_command(IoSession *s, const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    const IoCommand *c;
    IoArgs a = {0};
    int n = 0, ret = -EINVAL;

    for (int i = 0; words[i]; i++) {
        if (*words[i]) {
            char *empty = words[n];

            /* All stay in the array, which frees them. */
            words[n++] = words[i];
            words[i] = i == n - 1 ? words[i] : empty;
        }
    }
    if (!n) {
        return 0;
    }
    c = find_command(words[0]);
    if (!c) {
        g_string_append_printf(s->out, "command \"%s\" not found\n", words[0]);
        return -EINVAL;
    }
    a.argv = g_new0(char *, n + 1);
    if (c->needs_file && !s->blk) {
        g_string_append(s->out, "no file open, try 'help open'\n");
    } else if (parse_switches(s, c, words, n, &a) && check_count(s, c, a.argc - 1) &&
               take_perm(s, c->perm)) {
        ret = c->run(s, &a);
    }
    if (ret < 0) {
        s->failed = true;
    }
    g_free(a.argv);
    return ret;
}
