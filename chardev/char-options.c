/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From -chardev keys, and from the short forms of -serial and its like, to a back end. */

#include "qemu/osdep.h"
#include "chardev/char-help.h"
#include "chardev/char-mux.h"
#include "chardev/char.h"
#include "qapi/util.h"
#include "qemu/cutils.h"
#include "qemu/id.h"
#include "qemu/missing-part.h"
#include "qemu/nearest-name.h"
#include "qemu/option-place.h"
#include "qobject/keyval.h"
#include "qobject/qbool.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

/* Options that every back end has. */
static const CharOption common_options[] = {
    {"logfile", CHAR_OPT_STR},
    {"logappend", CHAR_OPT_BOOL},
    {"logtimestamp", CHAR_OPT_BOOL},
    {NULL},
};

static const char *const aliases[][2] = {
    {"tty", "serial"},
    {"parport", "parallel"},
    {"memory", "ringbuf"},
};

static const CharOption *find_option(const CharOption *options, const char *name)
{
    for (; options && options->name; options++) {
        if (!strcmp(options->name, name)) {
            return options;
        }
    }
    return NULL;
}

static void unknown_option(const char *backend, const CharOption *own, const char *name,
                           Error **errp)
{
    ERRP_GUARD();
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const CharOption *tables[] = {own, common_options};
    const char *nearest;

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        for (const CharOption *o = tables[i]; o && o->name; o++) {
            g_ptr_array_add(names, (char *)o->name);
        }
    }
    g_ptr_array_add(names, NULL);
    nearest = qemu_nearest_name(name, (const char *const *)names->pdata);
    error_setg(errp, "chardev back end '%s' has no option '%s'", backend, name);
    if (nearest) {
        error_append_hint(errp, "Did you mean '%s'? ", nearest);
    }
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
    error_append_hint(errp, "Accepted: %s.\n", all);
}

static QObject *list_value(const CharOption *option, QObject *value, Error **errp)
{
    QList *list = qobject_to(QList, value);
    const QListEntry *e;

    if (!list || qlist_empty(list) || qlist_size(list) > CHAR_LIST_MAX) {
        error_setg(errp, "option '%s' must be a list of 1 to %d strings (%s.0=..., %s.1=...)",
                   option->name, CHAR_LIST_MAX, option->name, option->name);
        return NULL;
    }
    QLIST_FOREACH_ENTRY (list, e) {
        if (!qobject_to(QString, e->value)) {
            error_setg(errp, "option '%s' must be a list of strings", option->name);
            return NULL;
        }
    }
    return qobject_ref(value);
}

/* The value of @option with its type, from a string of the command line. */
static QObject *typed_value(const CharOption *option, QObject *value, Error **errp)
{
    QString *text = qobject_to(QString, value);
    const char *str;
    uint64_t number;
    bool flag;

    if (option->type == CHAR_OPT_LIST) {
        return list_value(option, value, errp);
    }
    if (!text) { /* JSON: has a type of its own */
        QType wanted = option->type == CHAR_OPT_BOOL  ? QTYPE_QBOOL
                       : option->type == CHAR_OPT_STR ? QTYPE_QSTRING
                                                      : QTYPE_QNUM;
        if (qobject_type(value) != wanted) {
            error_setg(errp, "option '%s' must be %s", option->name,
                       wanted == QTYPE_QBOOL     ? "true or false"
                       : wanted == QTYPE_QSTRING ? "a string"
                                                 : "a number");
            return NULL;
        }
        return qobject_ref(value);
    }
    str = qstring_get_str(text);
    switch (option->type) {
    case CHAR_OPT_STR:
        return qobject_ref(value);
    case CHAR_OPT_BOOL:
        return qapi_bool_parse(option->name, str, &flag, errp) ? QOBJECT(qbool_from_bool(flag))
                                                               : NULL;
    case CHAR_OPT_INT:
        if (parse_uint_full(str, 10, &number) || number > INT64_MAX) {
            error_setg(errp, "%s='%s' is not a number", option->name, str);
            return NULL;
        }
        return QOBJECT(qnum_from_int(number));
    case CHAR_OPT_SIZE:
        if (qemu_strtosz(str, NULL, &number) || number > INT64_MAX) {
            error_setg(errp, "%s='%s' is not a size", option->name, str);
            return NULL;
        }
        return QOBJECT(qnum_from_int(number));
    case CHAR_OPT_LIST:
        break; /* done above */
    }
    return NULL;
}

static QDict *typed_options(const char *backend, ChardevClass *cc, const QDict *keys, Error **errp)
{
    g_autoptr(QDict) opts = qdict_new();

    for (const QDictEntry *e = qdict_first(keys); e; e = qdict_next(keys, e)) {
        const char *name = qdict_entry_key(e);
        const CharOption *option;
        QObject *value;

        if (!strcmp(name, "backend") || !strcmp(name, "id") || !strcmp(name, "mux")) {
            continue;
        }
        loc_at_key(name);
        option = find_option(cc->options, name);
        option = option ? option : find_option(common_options, name);
        if (!option) {
            unknown_option(backend, cc->options, name, errp);
            return NULL;
        }
        value = typed_value(option, qdict_entry_value(e), errp);
        if (!value) {
            return NULL;
        }
        qdict_put_obj(opts, name, value);
    }
    for (const CharOption *o = cc->options; o && o->name; o++) {
        if (o->required && !qdict_haskey(opts, o->name)) {
            error_setg(errp, "chardev back end '%s' needs the option '%s'", backend, o->name);
            return NULL;
        }
    }
    return g_steal_pointer(&opts);
}

/* What the user can name, without "chardev-"; NULL: there is no such class. */
static ChardevClass *find_backend(const char *backend)
{
    g_autofree char *type = NULL;
    ObjectClass *oc;

    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
        if (!strcmp(backend, aliases[i][0])) {
            backend = aliases[i][1];
        }
    }
    type = g_strconcat("chardev-", backend, NULL);
    oc = object_class_by_name(type);
    if (!oc || object_class_is_abstract(oc) || !object_class_dynamic_cast(oc, TYPE_CHARDEV) ||
        CHARDEV_CLASS(oc)->internal) {
        return NULL;
    }
    return CHARDEV_CLASS(oc);
}

static ChardevClass *backend_class(const char *backend, Error **errp)
{
    ERRP_GUARD();
    ChardevClass *cc = find_backend(backend);
    g_autoptr(GSList) list = NULL;
    NearestName near;

    if (cc || missing_part_error(MISSING_CHARDEV, backend, errp)) {
        return cc;
    }
    error_setg(errp, "there is no chardev back end '%s'", backend);
    list = object_class_get_list_sorted(TYPE_CHARDEV, false);
    nearest_name_init(&near, backend);
    for (GSList *l = list; l; l = l->next) {
        if (!CHARDEV_CLASS(l->data)->internal) {
            nearest_name_try(&near, object_class_get_name(l->data) + strlen("chardev-"));
        }
    }
    nearest_name_hint(&near, errp);
    return NULL;
}

/* A multiplexer called @id in front of @base. */
static Chardev *put_mux_before(const char *id, Chardev *base, Error **errp)
{
    g_autoptr(QDict) opts = qdict_new();

    qdict_put_str(opts, "chardev", base->label);
    qdict_put_bool(opts, "owned", true); /* it goes with the multiplexer */
    return qemu_chardev_new(id, TYPE_CHARDEV_MUX, opts, NULL, errp);
}

const char *qemu_chr_parse_keys(const QDict *keys, QDict **opts, bool *mux, Error **errp)
{
    ERRP_GUARD();
    const char *backend = qdict_get_try_str(keys, "backend");
    const char *id = qdict_get_try_str(keys, "id");
    const char *mux_text = qdict_get_try_str(keys, "mux");
    ChardevClass *cc;

    if (!backend) {
        error_setg(errp, "the back end is missing");
        error_append_hint(errp, "\"-chardev help\" lists them.\n");
        return NULL;
    }
    if (!id) {
        error_setg(errp, "chardev: parameter 'id' is missing");
        return NULL;
    }
    if (!id_check(id, errp)) {
        return NULL;
    }
    *mux = qdict_get_try_bool(keys, "mux", false);
    if (mux_text && !qapi_bool_parse("mux", mux_text, mux, errp)) {
        return NULL;
    }
    cc = backend_class(backend, errp);
    *opts = cc ? typed_options(backend, cc, keys, errp) : NULL;
    return *opts ? object_class_get_name(OBJECT_CLASS(cc)) : NULL;
}

Chardev *qemu_chr_new_from_keys(const QDict *keys, GMainContext *context, Error **errp)
{
    const char *id = qdict_get_try_str(keys, "id");
    g_autoptr(QDict) opts = NULL;
    g_autofree char *base_id = NULL;
    bool mux;
    const char *type = qemu_chr_parse_keys(keys, &opts, &mux, errp);
    Chardev *chr;

    if (!type) {
        return NULL;
    }
    if (mux) {
        base_id = g_strconcat(id, "-base", NULL);
    }
    chr = qemu_chardev_new(mux ? base_id : id, type, opts, context, errp);
    if (chr && mux) {
        Chardev *muxed = put_mux_before(id, chr, errp);
        if (!muxed) {
            object_unparent(OBJECT(chr));
        }
        return muxed;
    }
    return chr;
}

/* ---- short forms ---- */

/* "HOST:PORT" with [..] around an IPv6 address; the rest behind it in *@rest. */
static bool split_host_port(const char *text, char **host, char **port, const char **rest)
{
    const char *colon, *end;

    if (text[0] == '[') {
        const char *bracket = strchr(text, ']');
        if (!bracket || bracket[1] != ':') {
            return false;
        }
        *host = g_strndup(text + 1, bracket - text - 1);
        colon = bracket + 1;
    } else {
        colon = strchr(text, ':');
        if (!colon) {
            return false;
        }
        *host = g_strndup(text, colon - text);
    }
    end = colon + 1 + strcspn(colon + 1, ",@");
    *port = g_strndup(colon + 1, end - colon - 1);
    *rest = end;
    return **port != '\0';
}

/* ",server,nowait,..." after an address; the old words without value are translated. */
static bool add_flags(QDict *keys, const char *rest, Error **errp)
{
    g_auto(GStrv) words = NULL;

    if (!*rest) {
        return true;
    }
    words = g_strsplit(rest + 1, ",", 0);
    for (int i = 0; words[i]; i++) {
        char *equals = strchr(words[i], '=');
        if (equals) {
            *equals = '\0';
            qdict_put_str(keys, words[i], equals + 1);
        } else {
            bool on;
            g_autofree char *key = keyval_short_bool(words[i], strlen(words[i]), &on);

            qdict_put_str(keys, key, on ? "on" : "off");
        }
    }
    return true;
}

static bool parse_socket(QDict *keys, const char *spec, const char *address, Error **errp)
{
    g_autofree char *host = NULL, *port = NULL;
    const char *rest;

    qdict_put_str(keys, "backend", "socket");
    if (!split_host_port(address, &host, &port, &rest)) {
        error_setg(errp, "'%s' is not of the form HOST:PORT[,OPTION...]", spec);
        return false;
    }
    qdict_put_str(keys, "host", host);
    qdict_put_str(keys, "port", port);
    return add_flags(keys, rest, errp);
}

static bool parse_udp(QDict *keys, const char *spec, const char *address, Error **errp)
{
    g_autofree char *host = NULL, *port = NULL, *lhost = NULL, *lport = NULL;
    const char *rest;

    qdict_put_str(keys, "backend", "udp");
    if (!split_host_port(address, &host, &port, &rest)) {
        goto bad;
    }
    qdict_put_str(keys, "host", host);
    qdict_put_str(keys, "port", port);
    if (*rest == '@') {
        if (!split_host_port(rest + 1, &lhost, &lport, &rest)) {
            goto bad;
        }
        qdict_put_str(keys, "localaddr", lhost);
        qdict_put_str(keys, "localport", lport);
    }
    return true;
bad:
    error_setg(errp, "'%s' is not of the form udp:HOST:PORT[@LOCALHOST:LOCALPORT]", spec);
    return false;
}

static bool parse_path(QDict *keys, const char *backend, const char *path)
{
    qdict_put_str(keys, "backend", backend);
    qdict_put_str(keys, "path", path);
    return true;
}

QDict *qemu_chr_parse_compat(const char *label, const char *spec, Error **errp)
{
    ERRP_GUARD();
    static const char *const plain[] = {"null", "pty", "stdio", "ringbuf", NULL};
    g_autoptr(QDict) keys = qdict_new();
    const char *p;
    bool ok = true;

    qdict_put_str(keys, "id", label);
    if (g_strv_contains(plain, spec)) {
        qdict_put_str(keys, "backend", spec);
    } else if (strstart(spec, "file:", &p)) {
        parse_path(keys, "file", p);
    } else if (strstart(spec, "pipe:", &p)) {
        parse_path(keys, "pipe", p);
    } else if (strstart(spec, "pty:", &p)) {
        parse_path(keys, "pty", p);
    } else if (strstart(spec, "/dev/parport", NULL) || strstart(spec, "/dev/ppi", NULL)) {
        parse_path(keys, "parallel", spec);
    } else if (strstart(spec, "/dev/", NULL)) {
        parse_path(keys, "serial", spec);
    } else if (strstart(spec, "unix:", &p)) {
        const char *comma = qemu_strchrnul(p, ',');
        g_autofree char *path = g_strndup(p, comma - p);
        parse_path(keys, "socket", path);
        ok = add_flags(keys, comma, errp);
    } else if (strstart(spec, "tcp:", &p)) {
        ok = parse_socket(keys, spec, p, errp);
    } else if (strstart(spec, "telnet:", &p)) {
        qdict_put_str(keys, "telnet", "on");
        ok = parse_socket(keys, spec, p, errp);
    } else if (strstart(spec, "websocket:", &p)) {
        qdict_put_str(keys, "websocket", "on");
        ok = parse_socket(keys, spec, p, errp);
    } else if (strstart(spec, "udp:", &p)) {
        ok = parse_udp(keys, spec, p, errp);
    } else if (missing_part_error(MISSING_CHARDEV, spec, errp)) {
        return NULL;
    } else {
        error_setg(errp, "'%s' is not a character device", spec);
        error_append_hint(
            errp, "Accepted: null, stdio, pty, file:PATH, pipe:PATH, unix:PATH, "
                  "tcp:HOST:PORT, telnet:HOST:PORT, websocket:HOST:PORT, "
                  "udp:HOST:PORT, /dev/NAME, chardev:ID, each also with mon: before it; none.\n");
        return NULL;
    }
    return ok ? g_steal_pointer(&keys) : NULL;
}

Chardev *qemu_chr_new_mux_mon(const char *label, const char *spec, bool *with_monitor,
                              GMainContext *context, Error **errp)
{
    g_autoptr(QDict) keys = NULL;
    const char *p;

    *with_monitor = false;
    if (strstart(spec, "chardev:", &p)) {
        Chardev *chr = qemu_chr_find(p);
        if (!chr) {
            error_setg(errp, "there is no chardev '%s'", p);
        }
        return chr;
    }
    *with_monitor = strstart(spec, "mon:", &spec);
    keys = qemu_chr_parse_compat(label, spec, errp);
    if (!keys) {
        return NULL;
    }
    if (*with_monitor) {
        qdict_put_str(keys, "mux", "on");
        if (!strcmp(qdict_get_str(keys, "backend"), "stdio")) {
            /* ^C is a key of the guest's then; the multiplexer has one to leave. */
            qdict_put_str(keys, "signal", "off");
        }
    }
    return qemu_chr_new_from_keys(keys, context, errp);
}

Chardev *qemu_chr_new(const char *label, const char *spec, GMainContext *context, Error **errp)
{
    bool with_monitor;

    return qemu_chr_new_mux_mon(label, spec, &with_monitor, context, errp);
}

bool qemu_chr_print_options(const char *backend, Error **errp)
{
    static const char *const types[] = {
        [CHAR_OPT_STR] = "str",
        [CHAR_OPT_BOOL] = "bool (on/off)",
        [CHAR_OPT_INT] = "num",
        [CHAR_OPT_SIZE] = "size",
    };
    ChardevClass *cc = backend_class(backend, errp);
    const CharOption *tables[] = {cc ? cc->options : NULL, common_options};
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    if (!cc) {
        return false;
    }
    g_ptr_array_add(lines, g_strdup("  id=<str>"));
    g_ptr_array_add(lines, g_strdup("  mux=<bool (on/off)>"));
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        for (const CharOption *o = tables[i]; o && o->name; o++) {
            for (int n = 0; o->type == CHAR_OPT_LIST && n < CHAR_LIST_MAX; n++) {
                g_ptr_array_add(lines, g_strdup_printf("  %s.%d=<str>", o->name, n));
            }
            if (o->type != CHAR_OPT_LIST) {
                g_ptr_array_add(lines, g_strdup_printf("  %s=<%s>", o->name, types[o->type]));
            }
        }
    }
    g_ptr_array_sort(lines, (GCompareFunc)qemu_pstrcmp0);
    printf("%s options:\n", backend);
    for (guint i = 0; i < lines->len; i++) {
        printf("%s\n", (char *)g_ptr_array_index(lines, i));
    }
    return true;
}

void qemu_chr_print_types(void)
{
    g_autoptr(GSList) list = object_class_get_list_sorted(TYPE_CHARDEV, false);

    printf("Available chardev backend types:\n");
    for (GSList *l = list; l; l = l->next) {
        if (!CHARDEV_CLASS(l->data)->internal) {
            printf("  %s\n", object_class_get_name(l->data) + strlen("chardev-"));
        }
    }
}
