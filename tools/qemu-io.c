/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-io: requests to an image by hand, for trying and testing. Its commands: block/io-cmds*.c. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/io-cmds.h"
#include "img/img.h"
#include "qapi/util.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qobject/keyval.h"
#include "qom/object_interfaces.h"
#include "trace/control.h"

typedef struct IoOpen {
    bool read_only, snapshot, copy_on_read, force_share, image_opts;
    const char *cache, *discard, *aio, *format;
} IoOpen;

static IoSession session;
static IoOpen defaults;
static bool quit_now;

/* ---- open and close ---- */

static void close_image(void)
{
    if (session.blk) {
        io_finish(&session);
        blk_unref(session.blk);
        session.blk = NULL;
    }
}

static bool open_flags(const IoOpen *o, int *flags, bool *writethrough, QDict *opts)
{
    *flags = (o->read_only ? 0 : BDRV_O_RDWR | BDRV_O_ALLOW_RDWR) | BDRV_O_UNMAP |
             (o->snapshot ? BDRV_O_SNAPSHOT : 0);
    if (o->cache && img_cache_mode(o->cache, flags, writethrough) < 0) {
        error_report("Invalid cache option: %s", o->cache);
        return false;
    }
    if (o->discard) {
        if (!strcmp(o->discard, "ignore") || !strcmp(o->discard, "off")) {
            *flags &= ~BDRV_O_UNMAP;
        } else if (strcmp(o->discard, "unmap") && strcmp(o->discard, "on")) {
            error_report("Invalid discard option: %s", o->discard);
            return false;
        }
    }
    if (o->aio) {
        if (qapi_enum_parse(&BlockdevAioOptions_lookup, o->aio, -1, NULL) < 0) {
            error_report("Invalid aio option: %s", o->aio);
            return false;
        }
        qdict_put_str(opts, "file.aio", o->aio);
    }
    return true;
}

/* Takes over @opts. */
static bool open_image(const char *name, QDict *opts, const IoOpen *o)
{
    bool writethrough = false;
    Error *err = NULL;
    int flags;

    if (session.blk) {
        error_report("file open already, try 'help close'");
        qobject_unref(opts);
        return false;
    }
    if (!open_flags(o, &flags, &writethrough, opts)) {
        qobject_unref(opts);
        return false;
    }
    if (o->format) {
        qdict_put_str(opts, "driver", o->format);
    }
    if (o->force_share) {
        qdict_put_str(opts, "force-share", "on");
    }
    session.blk = blk_new_open(name, NULL, opts, flags, &err);
    if (session.blk && o->copy_on_read && !bdrv_enable_copy_on_read(blk_bs(session.blk), &err)) {
        close_image();
    }
    if (!session.blk) {
        error_reportf_err(err, "can't open%s%s: ", name ? " device " : "", name ? name : "");
        return false;
    }
    blk_set_enable_write_cache(session.blk, !writethrough);
    return true;
}

static QDict *options_of(const char *text)
{
    Error *err = NULL;
    QDict *opts =
        text ? keyval_parse_full(text, NULL, KEYVAL_SHORT_BOOL_WARN, NULL, &err) : qdict_new();

    if (!opts) {
        error_report_err(err);
        return NULL;
    }
    qdict_flatten(opts);
    return opts;
}

static int cmd_open(IoSession *s, const IoArgs *a)
{
    QDict *opts = options_of(a->value['o']);
    IoOpen o = {
        .read_only = a->on['r'],
        .snapshot = a->on['s'],
        .copy_on_read = a->on['C'],
        .force_share = a->on['U'],
        .cache = a->on['n'] ? "none" : a->value['t'],
        .discard = a->value['d'],
        .aio = a->on['k'] ? "native" : a->value['i'],
    };

    if (!opts) {
        return -EINVAL;
    }
    if (a->argc < 2 && !qdict_size(opts)) {
        io_mistake(s, "open: a file name or options are needed");
        qobject_unref(opts);
        return -EINVAL;
    }
    return open_image(a->argc > 1 ? a->argv[1] : NULL, opts, &o) ? 0 : -EINVAL;
}

static int cmd_close(IoSession *s, const IoArgs *a)
{
    close_image();
    return 0;
}

/* What would be said twice. */
static bool check_reopen(const IoArgs *a, const QDict *opts)
{
    if (a->on['r'] && a->on['w']) {
        error_report("Only one -r/-w option may be given");
        return false;
    }
    if ((a->on['r'] || a->on['w']) && qdict_haskey(opts, "read-only")) {
        error_report("Cannot set both -r/-w and 'read-only'");
        return false;
    }
    if (a->on['c'] &&
        (qdict_haskey(opts, "cache.direct") || qdict_haskey(opts, "cache.no-flush"))) {
        error_report("Cannot set both -c and the cache options");
        return false;
    }
    return true;
}

static int reopen(IoSession *s, const IoArgs *a, QDict *opts)
{
    BlockDriverState *bs = blk_bs(s->blk);
    bool writethrough = !blk_enable_write_cache(s->blk);
    int flags = bs->open_flags;
    Error *err = NULL;

    if (a->on['c']) {
        if (img_cache_mode(a->value['c'], &flags, &writethrough) < 0) {
            error_report("Invalid cache option: %s", a->value['c']);
            return -EINVAL;
        }
        qdict_put_bool(opts, "cache.direct", flags & BDRV_O_NOCACHE);
        qdict_put_bool(opts, "cache.no-flush", flags & BDRV_O_NO_FLUSH);
    }
    if (a->on['r'] || a->on['w']) {
        qdict_put_bool(opts, "read-only", a->on['r']);
        blk_set_perm(s->blk, BLK_PERM_CONSISTENT_READ, BLK_PERM_ALL, NULL);
    }
    if (!bdrv_reopen(bs, qobject_ref(opts), true, &err)) {
        error_report_err(err);
        return -EINVAL;
    }
    blk_set_enable_write_cache(s->blk, !writethrough);
    return 0;
}

static int cmd_reopen(IoSession *s, const IoArgs *a)
{
    QDict *opts = options_of(a->value['o']);
    int ret = opts && check_reopen(a, opts) ? reopen(s, a, opts) : -EINVAL;

    qobject_unref(opts);
    return ret;
}

/* ---- the program ---- */

static int cmd_quit(IoSession *s, const IoArgs *a)
{
    quit_now = true;
    return 0;
}

/* For tests of what a crash leaves behind. */
static int cmd_sigraise(IoSession *s, const IoArgs *a)
{
    int64_t sig;

    if (!io_parse_size(s, a->argv[1], &sig)) {
        return -EINVAL;
    }
    if (sig >= NSIG) {
        g_string_append_printf(s->out, "signal argument '%s' is too large to be a valid signal\n",
                               a->argv[1]);
        return -EINVAL;
    }
    fflush(stdout);
    raise(sig);
    return 0;
}

static int cmd_abort(IoSession *s, const IoArgs *a)
{
    fflush(stdout);
    raise(SIGABRT);
    return 0;
}

static const IoCommand program_commands[] = {
    {"abort", NULL, "", "ends the program by the signal of abort()", 0, 0, "", false, 0, cmd_abort},
    {"close", "c", "", "closes the image", 0, 0, "", true, 0, cmd_close},
    {"open", "o", "[-rsCnkU] [-t cache] [-d discard] [-o options] [path] ", "opens an image", 0, 1,
     "rsCnkUt:d:o:i:", false, 0, cmd_open,
     "  -r          read-only\n"
     "  -s          writes go to a temporary file\n"
     "  -C          what is read from backing files is written to the image\n"
     "  -t CACHE    none, writeback, writethrough, directsync or unsafe; -n: none\n"
     "  -i AIO      threads, native or io_uring; -k: native\n"
     "  -d DISCARD  ignore or unmap\n"
     "  -U          others may use the image meanwhile\n"
     "  -o OPTIONS  of the block driver\n"},
    {"quit", "q", "", "ends the program", 0, -1, "", false, 0, cmd_quit},
    {"reopen", NULL, "[(-r|-w)] [-c cache] [-o options] ", "changes options of the image", 0, 0,
     "rwc:o:", true, 0, cmd_reopen,
     "  -r, -w      read-only, or not\n"
     "  -c CACHE    none, writeback, writethrough, directsync or unsafe\n"
     "  -o OPTIONS  of the block driver\n"},
    {"sigraise", NULL, "signal ", "sends a signal to the program", 1, 1, "", false, 0,
     cmd_sigraise},
};

static void run_line(const char *line)
{
    io_command(&session, line);
    fputs(session.out->str, stdout);
    fflush(stdout);
    fputs(session.err->str, stderr);
    g_string_truncate(session.out, 0);
    g_string_truncate(session.err, 0);
}

static void run_input(void)
{
    char *line = NULL;
    size_t room = 0;

    while (!quit_now) {
        ssize_t n;

        printf("qemu-io> ");
        fflush(stdout);
        n = getline(&line, &room, stdin);
        if (n < 0) {
            break;
        }
        line[strcspn(line, "\n")] = 0;
        run_line(line);
    }
    free(line);
}

static void usage(void)
{
    printf("Usage: qemu-io [OPTIONS]... [-c STRING]... [file]\n\n"
           "  --object OBJECTDEF   an object, for example a secret\n"
           "  --image-opts         the file name is options\n"
           "  -c, --cmd STRING     a command; several are carried out in order\n"
           "  -f, --format FMT     the image's format\n"
           "  -r, --read-only      open the image read-only\n"
           "  -s, --snapshot       write to a temporary file\n"
           "  -n, --nocache        as -t none\n"
           "  -C, --copy-on-read   what is read from backing files is written to the image\n"
           "  -m, --misalign       buffers are not where O_DIRECT wants them\n"
           "  -k, --native-aio     as -i native\n"
           "  -i, --aio=MODE       threads, native or io_uring\n"
           "  -t, --cache=MODE     none, writeback, writethrough, directsync or unsafe\n"
           "  -d, --discard=MODE   ignore or unmap\n"
           "  -T, --trace EVENTS   switch trace events on\n"
           "  -U, --force-share    others may use the image meanwhile\n"
           "  -h, --help           this text\n"
           "  -V, --version        the version\n\n"
           "'qemu-io -c help' lists the commands.\n");
}

typedef struct Program {
    GPtrArray *lines;
    bool image_opts;
    int status; /* -1: go on */
} Program;

static void take_option(Program *p, int c)
{
    Error *err = NULL;
    bool helped = false;

    switch (c) {
    case 'c':
        g_ptr_array_add(p->lines, optarg);
        break;
    case 'f':
        defaults.format = optarg;
        break;
    case 'r':
        defaults.read_only = true;
        break;
    case 's':
        defaults.snapshot = true;
        break;
    case 'n':
        defaults.cache = "none";
        break;
    case 'C':
        defaults.copy_on_read = true;
        break;
    case 'm':
        session.misalign = true;
        break;
    case 'k':
        defaults.aio = "native";
        break;
    case 'i':
        defaults.aio = optarg;
        break;
    case 't':
        defaults.cache = optarg;
        break;
    case 'd':
        defaults.discard = optarg;
        break;
    case 'T':
        trace_enable_events(optarg);
        break;
    case 'U':
        defaults.force_share = true;
        break;
    case 'I':
        p->image_opts = true;
        break;
    case 'O':
        if (!user_creatable_add_from_str(optarg, &helped, &err)) {
            error_report_err(err);
            p->status = 1;
        } else if (helped) {
            p->status = 0;
        }
        break;
    case 'V':
        printf("qemu-io version %s (Rhea %s)\n", QEMU_VERSION, RHEA_VERSION);
        p->status = 0;
        break;
    default:
        usage();
        p->status = c == 'h' ? 0 : 1;
        break;
    }
}

static bool open_argument(const Program *p, const char *arg)
{
    QDict *opts = options_of(p->image_opts ? arg : NULL);

    if (p->image_opts && defaults.format) {
        error_report("--image-opts and -f are mutually exclusive");
        qobject_unref(opts);
        return false;
    }
    return opts && open_image(p->image_opts ? NULL : arg, opts, &defaults);
}

int main(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"cmd", required_argument, 0, 'c'},     {"format", required_argument, 0, 'f'},
        {"read-only", no_argument, 0, 'r'},     {"snapshot", no_argument, 0, 's'},
        {"nocache", no_argument, 0, 'n'},       {"copy-on-read", no_argument, 0, 'C'},
        {"misalign", no_argument, 0, 'm'},      {"native-aio", no_argument, 0, 'k'},
        {"aio", required_argument, 0, 'i'},     {"cache", required_argument, 0, 't'},
        {"discard", required_argument, 0, 'd'}, {"trace", required_argument, 0, 'T'},
        {"force-share", no_argument, 0, 'U'},   {"image-opts", no_argument, 0, 'I'},
        {"object", required_argument, 0, 'O'},  {"help", no_argument, 0, 'h'},
        {"version", no_argument, 0, 'V'},       {0},
    };
    Program p = {.lines = g_ptr_array_new(), .status = -1};
    int c;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    error_init(argv[0]);
    qemu_init_exec_dir(argv[0]);
    qemu_init_main_loop(&error_fatal);
    module_call_init(MODULE_INIT_QOM);
    bdrv_init();
    bdrv_allow_legacy_encryption();
    session.out = g_string_new(NULL);
    session.err = g_string_new(NULL);
    session.prefix = "qemu-io: ";
    io_add_program_commands(program_commands, ARRAY_SIZE(program_commands));
    while (p.status < 0 &&
           (c = getopt_long(argc, argv, "hVc:d:f:rsnCmki:t:T:U", longopts, NULL)) != -1) {
        take_option(&p, c);
    }
    if (p.status < 0 && argc - optind > 1) {
        usage();
        p.status = 1;
    }
    if (p.status < 0 && optind < argc && !open_argument(&p, argv[optind])) {
        p.status = 1;
    }
    if (p.status >= 0) {
        return p.status;
    }
    for (guint i = 0; i < p.lines->len && !quit_now; i++) {
        run_line(p.lines->pdata[i]);
    }
    if (!p.lines->len) {
        run_input();
    }
    close_image();
    fputs(session.out->str, stdout);
    bdrv_close_all();
    if (fflush(stdout)) {
        error_report("Could not write the output: %s", strerror(errno));
        return 1;
    }
    return session.failed ? 1 : 0;
}
