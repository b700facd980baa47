/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-io's commands that read and write, and how a line becomes one. Main thread. */
#include "qemu/osdep.h"
#include "block/io-cmds.h"
#include "block/aio-wait.h"
#include "block/block_int.h"
#include "qemu/cutils.h"
#include "qemu/nearest-name.h"
#include "qemu/timer.h"

#define DEFAULT_PATTERN 0xcd
#define MISALIGN        16

static GPtrArray *commands; /* const IoCommand */

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
                io_dump(r->s, r->buf, r->offset, r->bytes);
            }
            io_print_stats(r->s, verb, r->offset, r->bytes,
                           qemu_clock_get_ns(QEMU_CLOCK_REALTIME) - r->start_ns, r->machine);
        }
    }
    request_free(r);
    return ret < 0 ? ret : 0;
}

/* Data of a file, again and again. */
static bool fill_from_file(IoRequest *r, const char *name)
{
    int fd = RETRY_ON_EINTR(open(name, O_RDONLY | O_CLOEXEC));
    int64_t len = fd < 0 ? -1 : qemu_read_full(fd, r->buf, r->bytes);
    int error = errno;

    if (fd >= 0) {
        close(fd);
    }
    if (len <= 0) {
        io_mistake(r->s, "%s: %s", name, len < 0 ? strerror(error) : "file is empty");
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
    r->verify = a->on['P'] && (r->kind == IO_READ || r->kind == IO_VMSTATE_READ);
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
    if (r->zeroes && a->argc > 3) {
        g_string_append(out, "-z supports only a single length parameter\n");
        return false;
    }
    r->flags = (a->on['f'] ? BDRV_REQ_FUA : 0) | (a->on['u'] ? BDRV_REQ_MAY_UNMAP : 0) |
               (a->on['n'] ? BDRV_REQ_NO_FALLBACK : 0);
    if (a->on['c'] && r->kind == IO_WRITE) {
        r->flags |= BDRV_REQ_WRITE_COMPRESSED;
    }
    return true;
}

/* The state of a machine is written and read in sectors. */
static bool check_sectors(const IoRequest *r)
{
    bool offset = r->offset % BDRV_SECTOR_SIZE;

    if ((r->kind == IO_VMSTATE_READ || r->kind == IO_VMSTATE_WRITE) &&
        (offset || r->bytes % BDRV_SECTOR_SIZE)) {
        g_string_append_printf(r->s->out, "%" PRId64 " is not a sector-aligned value for '%s'\n",
                               offset ? r->offset : r->bytes, offset ? "offset" : "count");
        return false;
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
    if (r->bytes > BDRV_REQUEST_MAX_BYTES) {
        g_string_append_printf(s->out, "length cannot exceed %" PRId64 ", given %" PRId64 "\n",
                               BDRV_REQUEST_MAX_BYTES, r->bytes);
        goto fail;
    }
    if (!check_verify(r, a, has_range) || !check_sectors(r) || !make_buffer(r, a, lengths, n)) {
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
    IoRequest *r;

    if ((a->on['s'] || a->on['l']) && !a->on['P']) {
        g_string_append(s->out, "-s and -l require -P to be specified\n");
        return -EINVAL;
    }
    r = request_new(s, a, a->on['b'] ? IO_VMSTATE_READ : IO_READ, true);
    return r ? finish(r, request_run(r), "read", "read") : -EINVAL;
}

static int cmd_readv(IoSession *s, const IoArgs *a)
{
    IoRequest *r = request_new(s, a, IO_READ, false);

    return r ? finish(r, request_run(r), "readv", "read") : -EINVAL;
}

static int cmd_write(IoSession *s, const IoArgs *a)
{
    IoRequest *r;

    if (a->on['b'] + a->on['c'] + a->on['z'] > 1) {
        g_string_append(s->out, "-b, -c, or -z cannot be specified at the same time\n");
        return -EINVAL;
    }
    if ((a->on['b'] || a->on['c']) && a->on['f']) {
        g_string_append(s->out, "-f and -b or -c cannot be specified at the same time\n");
        return -EINVAL;
    }
    if (a->on['z'] + a->on['P'] + a->on['s'] > 1) {
        g_string_append(s->out, "Only one of -z, -P, and -s can be specified at the same time\n");
        return -EINVAL;
    }
    r = request_new(s, a, a->on['b'] ? IO_VMSTATE_WRITE : IO_WRITE, false);
    return r ? finish(r, request_run(r), "write", "wrote") : -EINVAL;
}

static int cmd_writev(IoSession *s, const IoArgs *a)
{
    IoRequest *r = request_new(s, a, IO_WRITE, false);

    return r ? finish(r, request_run(r), "writev", "wrote") : -EINVAL;
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
        g_string_append_printf(s->out, "injecting invalid %s request\n",
                               kind == IO_READ ? "read" : "write");
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

static const IoCommand *find_command(const char *name);

static void unknown_command(IoSession *s, const char *name)
{
    NearestName nearest;

    nearest_name_init(&nearest, name);
    for (guint i = 0; i < commands->len; i++) {
        nearest_name_try(&nearest, ((const IoCommand *)commands->pdata[i])->name);
    }
    io_mistake(s, "command \"%s\" not found%s%s%s", name, nearest.best ? ": did you mean '" : "",
               nearest.best ? nearest.best : "", nearest.best ? "'?" : ", try 'help'");
    nearest_name_clear(&nearest);
}

static int cmd_help(IoSession *s, const IoArgs *a)
{
    const IoCommand *c = a->argc > 1 ? find_command(a->argv[1]) : NULL;

    if (c) {
        io_usage(s, c);
        g_string_append(s->out, c->details ? c->details : "");
        return 0;
    }
    if (a->argc > 1) {
        unknown_command(s, a->argv[1]);
        return -EINVAL;
    }
    for (guint i = 0; i < commands->len; i++) {
        io_usage(s, commands->pdata[i]);
    }
    g_string_append(s->out, "\n'help COMMAND' tells more about one of them.\n");
    return 0;
}

/* ---- a line ---- */

#define HELP_REPORT                                                                                \
    "  -C          what was done in one line: bytes,requests,time,bytes/s,requests/s\n"            \
    "  -q          says nothing of what was done\n"
#define HELP_READ                                                                                  \
    "  -P BYTE     tells if something else was read\n"                                             \
    "  -v          shows what was read\n" HELP_REPORT
#define HELP_WRITE                                                                                 \
    "  -P BYTE     what is written; 0xcd without it\n"                                             \
    "  -f          is on stable storage when it is done\n" HELP_REPORT
#define HELP_ZERO                                                                                  \
    "  -z          writes zeroes, without data\n"                                                  \
    "  -u          with -z: there may be a hole afterwards\n"
#define HELP_INVALID "  -i          only counts an invalid request\n"

static const IoCommand io_commands[] = {
    {"aio_discard", NULL, "[-Cq] off len ", "starts to discard a range", 2, 2, "Cq", true,
     BLK_PERM_WRITE, cmd_aio_discard, HELP_REPORT},
    {"aio_flush", NULL, "", "waits for all requests that were started", 0, 0, "", true, 0,
     cmd_aio_flush},
    {"aio_read", NULL, "[-Ciqrv] [-P pattern] off len [len..] ", "starts to read a range", 2, -1,
     "CiqrvP:", true, 0, cmd_aio_read, HELP_READ HELP_INVALID},
    {"aio_write", NULL, "[-Cfiqruz] [-P pattern] off len [len..] ", "starts to write a range", 2,
     -1, "CfiqruzP:", true, BLK_PERM_WRITE, cmd_aio_write, HELP_WRITE HELP_ZERO HELP_INVALID},
    {"discard", "d", "[-Cq] off len ", "discards a range", 2, 2, "Cq", true, BLK_PERM_WRITE,
     cmd_discard, HELP_REPORT},
    {"flush", "f", "", "has what was written come to stable storage", 0, 0, "", true, 0, cmd_flush},
    {"help", "?", "[command] ", "tells about commands", 0, 1, "", false, 0, cmd_help},
    {"read", "r", "[-abCqrv] [-P pattern [-s off] [-l len]] off len ", "reads a range", 2, 2,
     "abCqrvpP:s:l:", true, 0, cmd_read,
     "  -b          from the machine's state in the image, behind the disk\n"
     "  -s, -l      with -P: only LEN bytes, OFF bytes into what was read, are looked "
     "at\n" HELP_READ},
    {"readv", "rv", "[-Cqrv] [-P pattern] off len [len..] ",
     "reads a range, into a buffer of several pieces", 2, -1, "CqrvP:", true, 0, cmd_readv,
     HELP_READ},
    {"write", "w", "[-bcCfnqruz] [-P pattern | -s source_file] off len ", "writes a range", 2, 2,
     "bcCfnqruzpP:s:", true, BLK_PERM_WRITE, cmd_write,
     "  -s FILE     what is written is in FILE, again and again\n"
     "  -b          to the machine's state in the image, behind the disk\n"
     "  -c          compressed\n" HELP_ZERO
     "  -n          with -z: fails where that would not be fast\n" HELP_WRITE},
    {"writev", "wv", "[-Cfqr] [-P pattern] off len [len..] ",
     "writes a range, from a buffer of several pieces", 2, -1, "CfqrP:", true, BLK_PERM_WRITE,
     cmd_writev, HELP_WRITE},
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

        if (!options || words[i][0] != '-' || !*p || !*c->switches) {
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
                io_mistake(s, "%s: invalid option -- '%c'", c->name, *p);
                io_usage(s, c);
                return false;
            }
            a->on[(int)*p] = true;
            if (known[1] == ':') {
                a->value[(int)*p] = p[1] ? p + 1 : i + 1 < n ? words[++i] : NULL;
                if (!a->value[(int)*p]) {
                    io_mistake(s, "%s: option requires an argument -- '%c'", c->name, *p);
                    io_usage(s, c);
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
    g_autoptr(GString) range = g_string_new(NULL);

    if (n >= c->min_args && (c->max_args < 0 || n <= c->max_args)) {
        return true;
    }
    if (c->max_args < 0) {
        g_string_append_printf(range, "at least %d", c->min_args);
    } else if (c->min_args == c->max_args) {
        g_string_append_printf(range, "%d", c->min_args);
    } else {
        g_string_append_printf(range, "between %d and %d", c->min_args, c->max_args);
    }
    io_mistake(s, "bad argument count %d to %s, expected %s arguments", n, c->name, range->str);
    io_usage(s, c);
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
    if ((more & ~perm) && !blk_set_perm(s->blk, perm | more, shared, &err)) {
        io_error(s, err);
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
        unknown_command(s, words[0]);
        s->failed = true;
        return -EINVAL;
    }
    a.argv = g_new0(char *, n + 1);
    if (c->needs_file && !s->blk) {
        io_mistake(s, "no file open, try 'help open'");
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
