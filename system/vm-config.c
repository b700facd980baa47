/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command line to VMConfig. Each option has one row in actions[]: where its
 * argument goes and through which parser; what is left over has a function.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/missing-part.h"
#include "qemu/nearest-name.h"
#include "qemu/option-place.h"
#include "qemu/uuid.h"
#include "qobject/keyval.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "chardev/char-mux.h"
#include "gdbstub/gdbstub.h"
#include "monitor/monitor.h"
#include "qapi/compat-policy.h"
#include "qapi/qapi-visit-compat.h"
#include "qapi/qobject-input-visitor.h"
#include "system/runstate-action.h"
#include "system/system.h"
#include "vm-config-file.h"
#include "vm-config.h"

typedef bool OptionFn(VMConfig *c, const char *arg, Error **errp);

typedef enum ActionKind {
    ACT_NONE,         /* handled elsewhere, or of no effect here */
    ACT_FLAG,         /* set the bool */
    ACT_TEXT,         /* keep the argument */
    ACT_MACHINE_TEXT, /* argument is the value of machine property @key */
    ACT_MACHINE_KEYS, /* key=value list is the compound machine property @key */
    ACT_LIST_TEXT,    /* append the argument to the list */
    ACT_LIST_KEYS,    /* append the key=value list (or JSON object) to the list; @key is implied */
    ACT_FUNCTION,
} ActionKind;

typedef struct OptionAction {
    ActionKind kind;
    size_t offset; /* of the member of VMConfig */
    const char *key, *implied;
    OptionFn *function;
} OptionAction;

static ConfigItem *config_item_new(const ParsedOption *parsed)
{
    ConfigItem *item = g_new0(ConfigItem, 1);
    item->text = parsed->arg;
    item->index = parsed->option->index;
    loc_save(&item->loc);
    return item;
}

static void config_item_free(void *opaque)
{
    ConfigItem *item = opaque;
    qobject_unref(item->keys);
    g_free(item);
}

/* For options that have always had booleans in a short form. */
static QDict *parse_keys(const char *arg, const char *implied, Error **errp)
{
    return keyval_parse_full(arg, implied, KEYVAL_SHORT_BOOL_WARN, NULL, errp);
}

/* @arg goes to the machine under @key, merged with what is there; takes @arg, or NULL and @errp. */
static bool machine_keys(VMConfig *c, const char *key, QDict *arg, Error **errp)
{
    g_autoptr(QDict) more = arg;
    QDict *keys = qdict_get_qdict(c->machine, key);

    if (!more) {
        return false;
    }
    if (!keys) {
        keys = qdict_new();
        qdict_put(c->machine, key, keys);
    }
    loc_note_property(key);
    return keyval_merge(keys, more, errp);
}

static bool parse_machine(VMConfig *c, const char *arg, Error **errp)
{
    g_autoptr(QDict) keys = keyval_parse(arg, "type", NULL, errp);

    for (const QDictEntry *e = keys ? qdict_first(keys) : NULL; e; e = qdict_next(keys, e)) {
        loc_at_key(qdict_entry_key(e));
        loc_note_property(qdict_entry_key(e));
    }
    return keys && keyval_merge(c->machine, keys, errp);
}

static bool parse_memory(VMConfig *c, const char *arg, Error **errp)
{
    if (!machine_keys(c, "memory", parse_keys(arg, "size", errp), errp)) {
        return false;
    }
    QDict *keys = qdict_get_qdict(c->machine, "memory");
    /* The option's name of it is older than the machine's property. */
    g_autofree char *most = g_strdup(qdict_get_try_str(keys, "maxmem"));
    if (most) {
        qdict_put_str(keys, "max-size", most);
        qdict_del(keys, "maxmem");
    }
    /* A bare number counts MiB here, unlike in every other size. */
    const char *size = qdict_get_try_str(keys, "size");
    if (size && size[0] && g_ascii_isdigit(size[strlen(size) - 1])) {
        g_autofree char *mib = g_strdup_printf("%sM", size);
        qdict_put_str(keys, "size", mib);
    }
    return true;
}

/* Firmware is told too that nobody looks at a screen: it speaks on the first serial port. */
static bool parse_nographic(VMConfig *c, const char *arg, Error **errp)
{
    c->nographic = true;
    qdict_put_str(c->machine, "graphics", "off");
    loc_note_property("graphics");
    return true;
}

static bool parse_name(VMConfig *c, const char *arg, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(QDict) keys = parse_keys(arg, "guest", errp);
    if (!keys) {
        return false;
    }
    for (const QDictEntry *e = qdict_first(keys); e; e = qdict_next(keys, e)) {
        const char *key = qdict_entry_key(e);
        const char *value = qdict_get_try_str(keys, key);
        if (value && !strcmp(key, "guest")) {
            g_free(c->guest_name);
            c->guest_name = g_strdup(value);
        } else if (value && !strcmp(key, "process")) {
            g_free(c->process_name);
            c->process_name = g_strdup(value);
        } else if (value && !strcmp(key, "debug-threads")) {
            if (!qapi_bool_parse("debug-threads", value, &c->debug_threads, errp)) {
                return false;
            }
        } else {
            error_setg(errp, "Invalid parameter '%s'", key);
            error_append_hint(errp, "-name takes guest, process and debug-threads.\n");
            return false;
        }
    }
    return true;
}

/* Bool @key of @keys into *@value if present. */
static bool take_bool(const QDict *keys, const char *key, bool *value, Error **errp)
{
    const char *text = qdict_get_try_str(keys, key);
    return !text || qapi_bool_parse(key, text, value, errp);
}

/* Every key of @keys is in @known. */
static bool check_keys(const QDict *keys, const char *const *known, Error **errp)
{
    ERRP_GUARD();
    for (const QDictEntry *e = qdict_first(keys); e; e = qdict_next(keys, e)) {
        const char *key = qdict_entry_key(e);
        loc_at_key(key);
        if (!g_strv_contains(known, key)) {
            g_autofree char *all = g_strjoinv(", ", (char **)known);
            const char *nearest = qemu_nearest_name(key, known);
            error_setg(errp, "Invalid parameter '%s'", key);
            if (nearest) {
                error_append_hint(errp, "Did you mean '%s'? ", nearest);
            }
            error_append_hint(errp, "Accepted: %s.\n", all);
            return false;
        }
        if (!qdict_get_try_str(keys, key)) {
            error_setg(errp, "Parameter '%s' takes a plain value", key);
            return false;
        }
    }
    return true;
}

static bool parse_msg(VMConfig *c, const char *arg, Error **errp)
{
    static const char *const known[] = {"timestamp", "guest-name", NULL};
    g_autoptr(QDict) keys = parse_keys(arg, NULL, errp);
    return keys && check_keys(keys, known, errp) &&
           take_bool(keys, "timestamp", &message_with_timestamp, errp) &&
           take_bool(keys, "guest-name", &error_with_guestname, errp);
}

/* A boolean, or "on-fault". */
static bool take_mem_lock(const QDict *keys, MemLock *value, Error **errp)
{
    const char *text = qdict_get_try_str(keys, "mem-lock");
    bool on = *value != MEM_LOCK_OFF;

    if (text && !strcmp(text, "on-fault")) {
        *value = MEM_LOCK_ON_FAULT;
        return true;
    }
    if (text && !qapi_bool_parse("mem-lock", text, &on, NULL)) {
        error_setg(errp, "Parameter 'mem-lock' expects 'on', 'off' or 'on-fault', got '%s'", text);
        return false;
    }
    *value = text ? (on ? MEM_LOCK_ON : MEM_LOCK_OFF) : *value;
    return true;
}

static bool parse_overcommit(VMConfig *c, const char *arg, Error **errp)
{
    static const char *const known[] = {"mem-lock", "cpu-pm", NULL};
    g_autoptr(QDict) keys = parse_keys(arg, NULL, errp);
    return keys && check_keys(keys, known, errp) && take_mem_lock(keys, &c->mem_lock, errp) &&
           take_bool(keys, "cpu-pm", &c->cpu_pm, errp);
}

static bool take_shift(IcountConfig *c, const char *text, Error **errp)
{
    ERRP_GUARD();
    int shift;

    if (!strcmp(text, "auto")) {
        c->adaptive = true;
        c->shift = ICOUNT_AUTO_SHIFT;
        return true;
    }
    if (qemu_strtoi(text, NULL, 10, &shift) < 0 || shift < 0 || shift > ICOUNT_MAX_SHIFT) {
        error_setg(errp, "icount: Invalid shift value");
        error_append_hint(errp, "shift=%s is neither a number from 0 to %d nor 'auto'.\n", text,
                          ICOUNT_MAX_SHIFT);
        return false;
    }
    c->adaptive = false;
    c->shift = shift;
    return true;
}

static bool check_icount(const IcountConfig *c, Error **errp)
{
    if (c->align && !c->on) {
        error_setg(errp, "Please specify shift option when using align");
    } else if (c->align && !c->sleep) {
        error_setg(errp, "align=on and sleep=off are incompatible");
    } else if (c->adaptive && c->align) {
        error_setg(errp, "shift=auto and align=on are incompatible");
    } else if (c->adaptive && !c->sleep) {
        error_setg(errp, "shift=auto and sleep=off are incompatible");
    } else {
        return true;
    }
    return false;
}

/* Each -icount adds to those before it. */
static bool parse_icount(VMConfig *c, const char *arg, Error **errp)
{
    static const char *const known[] = {"shift",  "sleep",      "align", "rr",
                                        "rrfile", "rrsnapshot", NULL};
    ERRP_GUARD();
    g_autoptr(QDict) keys = parse_keys(arg, "shift", errp);
    IcountConfig *ic = &c->icount;

    if (!keys || !check_keys(keys, known, errp)) {
        return false;
    }
    if (qdict_haskey(keys, "rr")) {
        error_setg(errp, "rr=%s: there is no recording and replaying of executions",
                   qdict_get_str(keys, "rr"));
        error_append_hint(errp, "Without rr, and with shift=N,sleep=off, a guest that nothing "
                                "reaches from outside runs the same way each time.\n");
        return false;
    }
    if (qdict_haskey(keys, "shift")) {
        ic->on = true;
        if (!take_shift(ic, qdict_get_str(keys, "shift"), errp)) {
            return false;
        }
    }
    return take_bool(keys, "sleep", &ic->sleep, errp) &&
           take_bool(keys, "align", &ic->align, errp) && check_icount(ic, errp);
}

static bool parse_run_with(VMConfig *c, const char *arg, Error **errp)
{
    static const char *const known[] = {"async-teardown", "chroot", "user", "exit-with-parent",
                                        NULL};
    g_autoptr(QDict) keys = parse_keys(arg, NULL, errp);
    if (!keys || !check_keys(keys, known, errp) ||
        !take_bool(keys, "async-teardown", &c->async_teardown, errp) ||
        !take_bool(keys, "exit-with-parent", &c->exit_with_parent, errp)) {
        return false;
    }
    if (qdict_haskey(keys, "chroot")) {
        g_free(c->run_chroot);
        c->run_chroot = g_strdup(qdict_get_str(keys, "chroot"));
    }
    if (qdict_haskey(keys, "user")) {
        g_free(c->run_user);
        c->run_user = g_strdup(qdict_get_str(keys, "user"));
    }
    return true;
}

/* "allow" or "deny" under @key. */
static bool take_allow(const QDict *keys, const char *key, bool *allow, Error **errp)
{
    const char *text = qdict_get_try_str(keys, key);

    if (text && strcmp(text, "allow") && strcmp(text, "deny")) {
        error_setg(errp, "Parameter '%s' expects 'allow' or 'deny', got '%s'", key, text);
        return false;
    }
    *allow = text ? !strcmp(text, "allow") : *allow;
    return true;
}

static bool take_elevate(const QDict *keys, SandboxElevate *value, Error **errp)
{
    static const char *const names[] = {
        [SANDBOX_ELEVATE_ALLOW] = "allow",
        [SANDBOX_ELEVATE_DENY] = "deny",
        [SANDBOX_ELEVATE_CHILDREN] = "children",
    };
    const char *text = qdict_get_try_str(keys, "elevateprivileges");

    for (size_t i = 0; text && i < ARRAY_SIZE(names); i++) {
        if (!strcmp(text, names[i])) {
            *value = i;
            return true;
        }
    }
    if (text) {
        error_setg(errp,
                   "Parameter 'elevateprivileges' expects 'allow', 'deny' or 'children', got '%s'",
                   text);
    }
    return !text;
}

static bool parse_sandbox(VMConfig *c, const char *arg, Error **errp)
{
    static const char *const known[] = {"enable", "obsolete",        "elevateprivileges",
                                        "spawn",  "resourcecontrol", NULL};
    g_autoptr(QDict) keys = parse_keys(arg, "enable", errp);
    SandboxConfig *s = &c->sandbox;
    bool allow_spawn = !s->deny_spawn, allow_resource = !s->deny_resource_control;

    if (!keys || !check_keys(keys, known, errp) || !take_bool(keys, "enable", &s->enable, errp) ||
        !take_allow(keys, "obsolete", &s->allow_obsolete, errp) ||
        !take_allow(keys, "spawn", &allow_spawn, errp) ||
        !take_allow(keys, "resourcecontrol", &allow_resource, errp) ||
        !take_elevate(keys, &s->elevate, errp)) {
        return false;
    }
    s->deny_spawn = !allow_spawn;
    s->deny_resource_control = !allow_resource;
#ifndef CONFIG_SECCOMP
    if (s->enable) {
        error_setg(errp, "this program was built without libseccomp, which the filter needs");
        return false;
    }
#endif
    return true;
}

static bool parse_action(VMConfig *c, const char *arg, Error **errp)
{
    g_autoptr(QDict) keys = parse_keys(arg, NULL, errp);
    if (!keys) {
        return false;
    }
    for (const QDictEntry *e = qdict_first(keys); e; e = qdict_next(keys, e)) {
        const char *key = qdict_entry_key(e);
        const char *value = qdict_get_try_str(keys, key);
        if (!run_action_set(key, value ? value : "", errp)) {
            return false;
        }
    }
    return true;
}

static bool parse_watchdog_action(VMConfig *c, const char *arg, Error **errp)
{
    return run_action_set("watchdog", arg, errp);
}

static bool parse_no_reboot(VMConfig *c, const char *arg, Error **errp)
{
    return run_action_set("reboot", "shutdown", errp);
}

static bool parse_no_shutdown(VMConfig *c, const char *arg, Error **errp)
{
    return run_action_set("shutdown", "pause", errp);
}

static bool parse_no_fd_bootchk(VMConfig *c, const char *arg, Error **errp)
{
    qdict_put_str(c->machine, "fd-bootchk", "off");
    loc_note_property("fd-bootchk");
    return true;
}

static bool parse_enable_kvm(VMConfig *c, const char *arg, Error **errp)
{
    qdict_put_str(c->machine, "accel", "kvm");
    return true;
}

static bool parse_s(VMConfig *c, const char *arg, Error **errp)
{
    c->gdb = GDBSTUB_DEFAULT_DEVICE;
    return true;
}

static bool parse_uuid(VMConfig *c, const char *arg, Error **errp)
{
    ERRP_GUARD();
    if (qemu_uuid_parse(arg, &c->uuid) < 0) {
        error_setg(errp, "'%s' is not a UUID", arg);
        error_append_hint(errp, "A UUID looks like 01234567-89ab-cdef-0123-456789abcdef.\n");
        return false;
    }
    c->uuid_set = true;
    return true;
}

static bool parse_seed(VMConfig *c, const char *arg, Error **errp)
{
    if (qemu_strtou64(arg, NULL, 0, &c->seed) < 0) {
        error_setg(errp, "'%s' is not a number", arg);
        return false;
    }
    c->seed_set = true;
    return true;
}

static bool parse_echr(VMConfig *c, const char *arg, Error **errp)
{
    unsigned long code;
    if (qemu_strtoul(arg, NULL, 0, &code) < 0 || code > 255) {
        error_setg(errp, "'%s' is not a character code (0 to 255)", arg);
        return false;
    }
    term_escape_char = code;
    return true;
}

/* Options of which there is nothing but "none" so far. */
static bool parse_none_only(MissingKind kind, const char *arg, Error **errp)
{
    ERRP_GUARD();
    if (!strcmp(arg, "none")) {
        return true;
    }
    if (!missing_part_error(kind, arg, errp)) {
        error_setg(errp, "'%s' is not available", arg);
        error_append_hint(errp, "Accepted: none.\n");
    }
    return false;
}

static bool parse_display(VMConfig *c, const char *arg, Error **errp)
{
    return parse_none_only(MISSING_DISPLAY, arg, errp);
}

static bool parse_vga(VMConfig *c, const char *arg, Error **errp)
{
    return parse_none_only(MISSING_GRAPHICS, arg, errp);
}

/* Command lines that ask for no network have it. */
static bool parse_no_network(VMConfig *c, const char *arg, Error **errp)
{
    return !strcmp(arg, "none") || !missing_part_error(MISSING_NETWORK, arg, errp);
}

static bool parse_compat(VMConfig *c, const char *arg, Error **errp)
{
    Visitor *v = qobject_input_visitor_new_str(arg, NULL, errp);
    CompatPolicy *policy = NULL;

    if (!v) {
        return false;
    }
    visit_type_CompatPolicy(v, NULL, &policy, errp);
    visit_free(v);
    if (!policy) {
        return false;
    }
    compat_policy_merge(policy);
    qapi_free_CompatPolicy(policy);
    return true;
}

static bool take_number(const QDict *keys, const char *key, int *value, Error **errp)
{
    const char *text = qdict_get_try_str(keys, key);

    if (!text || qemu_strtoi(text, NULL, 10, value) < 0 || *value < 0) {
        error_setg(errp, "Parameter '%s' must be a number, got '%s'", key, text ? text : "nothing");
        return false;
    }
    return true;
}

static bool parse_add_fd(VMConfig *c, const char *arg, Error **errp)
{
    static const char *const known[] = {"fd", "set", "opaque", NULL};
    g_autoptr(QDict) keys = parse_keys(arg, NULL, errp);
    int fd, set;

    if (!keys || !check_keys(keys, known, errp) || !take_number(keys, "fd", &fd, errp) ||
        !take_number(keys, "set", &set, errp)) {
        return false;
    }
    if (fd <= STDERR_FILENO || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        error_setg(errp, "fd=%d is not a file descriptor that was passed to this program", fd);
        return false;
    }
    qapi_free_AddfdInfo(
        monitor_fdset_add_fd(fd, true, set, qdict_get_try_str(keys, "opaque"), errp));
    return true;
}

static bool parse_readconfig(VMConfig *c, const char *arg, Error **errp);

static bool parse_rtc(VMConfig *c, const char *arg, Error **errp)
{
    g_autoptr(QDict) keys = parse_keys(arg, NULL, errp);

    if (!c->rtc) {
        c->rtc = qdict_new();
    }
    return keys && keyval_merge(c->rtc, keys, errp);
}

static bool parse_L(VMConfig *c, const char *arg, Error **errp)
{
    qemu_add_data_dir(g_strdup(arg));
    return true;
}

/* -set TYPE.ID.PROP=VALUE changes an item that came before it. */
static bool parse_set(VMConfig *c, const char *arg, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *text = g_strdup(arg);
    char *value = strchr(text, '=');
    if (value) {
        *value++ = '\0';
    }
    g_auto(GStrv) parts = g_strsplit(text, ".", 3);
    if (!value || g_strv_length(parts) != 3) {
        error_setg(errp, "'%s' is not of the form TYPE.ID.PROP=VALUE", arg);
        return false;
    }
    GPtrArray *items = !strcmp(parts[0], "device")    ? c->devices
                       : !strcmp(parts[0], "chardev") ? c->chardevs
                       : !strcmp(parts[0], "object")  ? c->objects
                       : !strcmp(parts[0], "drive")   ? c->drives
                                                      : NULL;
    if (!items) {
        error_setg(errp, "there is no option group '%s'", parts[0]);
        error_append_hint(errp, "Accepted: device, chardev, object, drive.\n");
        return false;
    }
    for (guint i = 0; i < items->len; i++) {
        ConfigItem *item = g_ptr_array_index(items, i);
        const char *id = item->keys ? qdict_get_try_str(item->keys, "id") : NULL;
        if (id && !strcmp(id, parts[1])) {
            qdict_put_str(item->keys, parts[2], value);
            return true;
        }
    }
    error_setg(errp, "there is no %s '%s' before this option", parts[0], parts[1]);
    return false;
}

/* DRIVER.PROP=VALUE, where PROP may contain anything but '='. */
static bool parse_global(VMConfig *c, const char *arg, Error **errp)
{
    ConfigItem *item;
    QDict *keys;
    const char *dot = strchr(arg, '.');
    const char *equals = strchr(arg, '=');

    if (dot && equals && dot < equals) {
        g_autofree char *driver = g_strndup(arg, dot - arg);
        g_autofree char *property = g_strndup(dot + 1, equals - dot - 1);
        keys = qdict_new();
        qdict_put_str(keys, "driver", driver);
        qdict_put_str(keys, "property", property);
        qdict_put_str(keys, "value", equals + 1);
    } else {
        keys = parse_keys(arg, NULL, errp);
        if (!keys) {
            return false;
        }
        if (!qdict_get_try_str(keys, "driver") || !qdict_get_try_str(keys, "property") ||
            !qdict_get_try_str(keys, "value")) {
            error_setg(errp, "'%s' is not of the form DRIVER.PROP=VALUE", arg);
            qobject_unref(keys);
            return false;
        }
    }
    item = g_new0(ConfigItem, 1);
    item->keys = keys;
    item->text = arg;
    loc_save(&item->loc);
    g_ptr_array_add(c->globals, item);
    return true;
}

#define AT(member) offsetof(VMConfig, member)
#define FLAG(member)                                                                               \
    {                                                                                              \
        .kind = ACT_FLAG, .offset = AT(member)                                                     \
    }
#define TEXT(member)                                                                               \
    {                                                                                              \
        .kind = ACT_TEXT, .offset = AT(member)                                                     \
    }
#define MACHINE_TEXT(name)                                                                         \
    {                                                                                              \
        .kind = ACT_MACHINE_TEXT, .key = (name)                                                    \
    }
#define MACHINE_KEYS(name, i)                                                                      \
    {                                                                                              \
        .kind = ACT_MACHINE_KEYS, .key = (name), .implied = (i)                                    \
    }
#define LIST_TEXT(member)                                                                          \
    {                                                                                              \
        .kind = ACT_LIST_TEXT, .offset = AT(member)                                                \
    }
#define LIST_KEYS(member, i)                                                                       \
    {                                                                                              \
        .kind = ACT_LIST_KEYS, .offset = AT(member), .implied = (i)                                \
    }
#define CALL(fn)                                                                                   \
    {                                                                                              \
        .kind = ACT_FUNCTION, .function = (fn)                                                     \
    }

static const OptionAction actions[QEMU_OPTION_COUNT] = {
    [QEMU_OPTION_machine] = CALL(parse_machine),
    [QEMU_OPTION_cpu] = TEXT(cpu),
    [QEMU_OPTION_accel] = LIST_KEYS(accels, "accel"),
    [QEMU_OPTION_enable_kvm] = CALL(parse_enable_kvm),
    [QEMU_OPTION_smp] = MACHINE_KEYS("smp", "cpus"),
    [QEMU_OPTION_numa] = LIST_TEXT(numa),
    [QEMU_OPTION_m] = CALL(parse_memory),
    [QEMU_OPTION_mem_path] = TEXT(mem_path),
    [QEMU_OPTION_mem_prealloc] = FLAG(mem_prealloc),
    [QEMU_OPTION_overcommit] = CALL(parse_overcommit),
    [QEMU_OPTION_icount] = CALL(parse_icount),
    [QEMU_OPTION_boot] = MACHINE_KEYS("boot", "order"),
    [QEMU_OPTION_name] = CALL(parse_name),
    [QEMU_OPTION_uuid] = CALL(parse_uuid),
    [QEMU_OPTION_device] = LIST_KEYS(devices, "driver"),
    [QEMU_OPTION_object] = LIST_KEYS(objects, "qom-type"),
    [QEMU_OPTION_blockdev] = LIST_KEYS(blockdevs, "driver"),
    [QEMU_OPTION_drive] = LIST_KEYS(drives, NULL),
    [QEMU_OPTION_hda] = LIST_TEXT(drives),
    [QEMU_OPTION_hdb] = LIST_TEXT(drives),
    [QEMU_OPTION_hdc] = LIST_TEXT(drives),
    [QEMU_OPTION_hdd] = LIST_TEXT(drives),
    [QEMU_OPTION_cdrom] = LIST_TEXT(drives),
    [QEMU_OPTION_fda] = LIST_TEXT(drives),
    [QEMU_OPTION_fdb] = LIST_TEXT(drives),
    [QEMU_OPTION_pflash] = LIST_TEXT(drives),
    [QEMU_OPTION_snapshot] = FLAG(snapshot),
    [QEMU_OPTION_global] = CALL(parse_global),
    [QEMU_OPTION_set] = CALL(parse_set),
    [QEMU_OPTION_nodefaults] = FLAG(nodefaults),
    [QEMU_OPTION_S] = FLAG(start_paused),
    [QEMU_OPTION_no_reboot] = CALL(parse_no_reboot),
    [QEMU_OPTION_no_fd_bootchk] = CALL(parse_no_fd_bootchk),
    [QEMU_OPTION_no_shutdown] = CALL(parse_no_shutdown),
    [QEMU_OPTION_action] = CALL(parse_action),
    [QEMU_OPTION_watchdog_action] = CALL(parse_watchdog_action),
    [QEMU_OPTION_daemonize] = FLAG(daemonize),
    [QEMU_OPTION_pidfile] = TEXT(pidfile),
    [QEMU_OPTION_run_with] = CALL(parse_run_with),
    [QEMU_OPTION_sandbox] = CALL(parse_sandbox),
    [QEMU_OPTION_incoming] = TEXT(incoming),
    [QEMU_OPTION_loadvm] = TEXT(loadvm),
    [QEMU_OPTION_only_migratable] = FLAG(only_migratable),
    [QEMU_OPTION_preconfig] = FLAG(preconfig),
    [QEMU_OPTION_compat] = CALL(parse_compat),
    [QEMU_OPTION_add_fd] = CALL(parse_add_fd),
    [QEMU_OPTION_readconfig] = CALL(parse_readconfig),
    [QEMU_OPTION_kernel] = MACHINE_TEXT("kernel"),
    [QEMU_OPTION_initrd] = MACHINE_TEXT("initrd"),
    [QEMU_OPTION_append] = MACHINE_TEXT("append"),
    [QEMU_OPTION_dtb] = MACHINE_TEXT("dtb"),
    [QEMU_OPTION_bios] = MACHINE_TEXT("firmware"),
    [QEMU_OPTION_L] = CALL(parse_L),
    [QEMU_OPTION_option_rom] = LIST_KEYS(option_roms, "romfile"),
    [QEMU_OPTION_fw_cfg] = LIST_KEYS(fw_cfg, "name"),
    [QEMU_OPTION_smbios] = LIST_TEXT(smbios),
    [QEMU_OPTION_acpitable] = LIST_KEYS(acpitables, NULL),
    [QEMU_OPTION_rtc] = CALL(parse_rtc),
    [QEMU_OPTION_nic] = CALL(parse_no_network),
    [QEMU_OPTION_net] = CALL(parse_no_network),
    [QEMU_OPTION_nographic] = CALL(parse_nographic),
    [QEMU_OPTION_display] = CALL(parse_display),
    [QEMU_OPTION_vga] = CALL(parse_vga),
    [QEMU_OPTION_audiodev] = LIST_TEXT(audiodevs),
    [QEMU_OPTION_chardev] = LIST_KEYS(chardevs, "backend"),
    [QEMU_OPTION_serial] = LIST_TEXT(serials),
    [QEMU_OPTION_parallel] = LIST_TEXT(parallels),
    [QEMU_OPTION_monitor] = LIST_TEXT(monitors),
    [QEMU_OPTION_qmp] = LIST_TEXT(monitors),
    [QEMU_OPTION_qmp_pretty] = LIST_TEXT(monitors),
    [QEMU_OPTION_mon] = LIST_KEYS(mons, "chardev"),
    [QEMU_OPTION_debugcon] = LIST_TEXT(debugcons),
    [QEMU_OPTION_echr] = CALL(parse_echr),
    [QEMU_OPTION_msg] = CALL(parse_msg),
    [QEMU_OPTION_gdb] = TEXT(gdb),
    [QEMU_OPTION_s] = CALL(parse_s),
    [QEMU_OPTION_d] = TEXT(log_mask),
    [QEMU_OPTION_D] = TEXT(log_file),
    [QEMU_OPTION_dfilter] = TEXT(log_filter),
    [QEMU_OPTION_trace] = LIST_TEXT(traces),
    [QEMU_OPTION_seed] = CALL(parse_seed),
    [QEMU_OPTION_qtest] = TEXT(qtest),
    [QEMU_OPTION_qtest_log] = TEXT(qtest_log),
};

/* Parses key=value, or a JSON object for the options that take one. */
static bool parse_item_keys(ConfigItem *item, const char *implied, Error **errp)
{
    bool json_allowed = item->index == QEMU_OPTION_device || item->index == QEMU_OPTION_object ||
                        item->index == QEMU_OPTION_blockdev;

    item->keyval = true;
    if (json_allowed && item->text[0] == '{') {
        QObject *obj = qobject_from_json(item->text, errp);
        item->keys = qobject_to(QDict, obj);
        item->keyval = false;
        if (obj && !item->keys) {
            error_setg(errp, "the JSON text is not an object");
            qobject_unref(obj);
        }
    } else {
        item->keys = item->index == QEMU_OPTION_blockdev
                         ? keyval_parse(item->text, implied, NULL, errp)
                     : item->index == QEMU_OPTION_drive
                         ? keyval_parse_flat(item->text, KEYVAL_SHORT_BOOL_WARN, errp)
                         : parse_keys(item->text, implied, errp);
    }
    return item->keys != NULL;
}

static bool apply_option(VMConfig *c, const ParsedOption *parsed, Error **errp)
{
    const OptionAction *action = &actions[parsed->option->index];
    void *member = (char *)c + action->offset;

    loc_save(&c->places[parsed->option->index]);
    switch (action->kind) {
    case ACT_NONE:
        return true;
    case ACT_FLAG:
        *(bool *)member = true;
        return true;
    case ACT_TEXT:
        *(const char **)member = parsed->arg;
        return true;
    case ACT_MACHINE_TEXT:
        qdict_put_str(c->machine, action->key, parsed->arg);
        loc_note_property(action->key);
        return true;
    case ACT_MACHINE_KEYS:
        return machine_keys(c, action->key, keyval_parse(parsed->arg, action->implied, NULL, errp),
                            errp);
    case ACT_LIST_TEXT:
        g_ptr_array_add(*(GPtrArray **)member, config_item_new(parsed));
        return true;
    case ACT_LIST_KEYS: {
        ConfigItem *item = config_item_new(parsed);
        g_ptr_array_add(*(GPtrArray **)member, item);
        return parse_item_keys(item, action->implied, errp);
    }
    case ACT_FUNCTION:
        return action->function(c, parsed->arg, errp);
    }
    return true;
}

static void unknown_group(const char *name, Error **errp)
{
    ERRP_GUARD();
    NearestName nearest;

    error_setg(errp, "there is no option '%s' with parameters", name);
    nearest_name_init(&nearest, name);
    for (const QEMUOption *o = qemu_options; o->name; o++) {
        if (o->name[0] && o->flags & HAS_ARG) {
            nearest_name_try(&nearest, o->name);
        }
    }
    nearest_name_hint(&nearest, errp);
}

static bool apply_from_file(const char *name, const char *arg, void *opaque, Error **errp)
{
    VMConfig *c = opaque;
    ParsedOption parsed = {.option = qemu_option_find(name)};

    if (!parsed.option || !(parsed.option->flags & HAS_ARG)) {
        unknown_group(name, errp);
        return false;
    }
    parsed.arg = g_string_chunk_insert(c->file_texts, arg);
    return apply_option(c, &parsed, errp);
}

static bool parse_readconfig(VMConfig *c, const char *arg, Error **errp)
{
    return vm_config_read_file(arg, apply_from_file, c, errp);
}

/* The members of VMConfig that are lists of ConfigItem. */
static const size_t item_lists[] = {
    AT(accels),    AT(objects),   AT(chardevs), AT(devices),    AT(globals),
    AT(numa),      AT(mons),      AT(serials),  AT(parallels),  AT(monitors),
    AT(debugcons), AT(fw_cfg),    AT(smbios),   AT(acpitables), AT(option_roms),
    AT(traces),    AT(blockdevs), AT(drives),   AT(audiodevs),
};

static GPtrArray **item_list(VMConfig *c, size_t i)
{
    return (GPtrArray **)((char *)c + item_lists[i]);
}

static VMConfig *vm_config_alloc(void)
{
    VMConfig *c = g_new0(VMConfig, 1);

    for (size_t i = 0; i < ARRAY_SIZE(item_lists); i++) {
        *item_list(c, i) = g_ptr_array_new_with_free_func(config_item_free);
    }
    c->machine = qdict_new();
    c->file_texts = g_string_chunk_new(256);
    c->default_serial = c->default_parallel = c->default_monitor = true;
    c->icount.sleep = true;
    return c;
}

void vm_config_free(VMConfig *c)
{
    if (!c) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(item_lists); i++) {
        g_ptr_array_unref(*item_list(c, i));
    }
    qobject_unref(c->machine);
    qobject_unref(c->rtc);
    g_string_chunk_free(c->file_texts);
    g_free(c->guest_name);
    g_free(c->process_name);
    g_free(c->run_chroot);
    g_free(c->run_user);
    g_free(c);
}

/* What depends on several options at once. */
static bool settle(VMConfig *c, Error **errp)
{
    ERRP_GUARD();
    static const char *const of_kernel[] = {"append", "initrd", "dtb"};

    if (c->nodefaults) {
        c->default_serial = c->default_parallel = c->default_monitor = false;
    }
    c->default_serial &= !c->serials->len;
    c->default_parallel &= !c->parallels->len;
    c->default_monitor &= !c->monitors->len && !c->mons->len;
    if (c->daemonize && c->nographic && (c->default_serial || c->default_monitor)) {
        error_setg(errp, "-nographic cannot be used with -daemonize");
        error_append_hint(errp, "Use -display none and give -serial and -monitor a back end.\n");
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(of_kernel) && !qdict_get_try_str(c->machine, "kernel"); i++) {
        if (qdict_get_try_str(c->machine, of_kernel[i])) {
            error_setg(errp, "-%s needs -kernel: nothing else takes it", of_kernel[i]);
            return false;
        }
    }
    if (c->loadvm && c->incoming) {
        error_setg(errp, "-loadvm %s cannot be used with -incoming", c->loadvm);
        return false;
    }
    if (c->accels->len && qdict_haskey(c->machine, "accel")) {
        error_setg(errp, "-accel cannot be used with -enable-kvm or -machine accel=%s",
                   qdict_get_str(c->machine, "accel"));
        return false;
    }
    if (c->places[QEMU_OPTION_gdb].num && c->places[QEMU_OPTION_s].num) {
        error_setg(errp,
                   "-s cannot be used with -gdb: it is short for -gdb " GDBSTUB_DEFAULT_DEVICE);
        return false;
    }
    if (c->preconfig && c->incoming) {
        error_setg(errp, "-preconfig cannot be used with -incoming");
        return false;
    }
    if (c->daemonize && c->exit_with_parent) {
        error_setg(errp, "-run-with exit-with-parent=on cannot be used with -daemonize, "
                         "which leaves the parent");
        return false;
    }
    return true;
}

/* Options that only print something; nothing after the first of them counts. */
static bool answer_help(const GArray *options, char **argv, Error **errp)
{
    for (guint i = 0; i < options->len; i++) {
        const ParsedOption *parsed = &g_array_index(options, ParsedOption, i);

        loc_set_cmdline(argv, parsed->argv_index, parsed->argv_count);
        if (vm_config_help(parsed, errp)) {
            return true;
        }
    }
    return false;
}

VMConfig *vm_config_new(int argc, char **argv, bool *done, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(GArray) options = qemu_options_parse(argc, argv, errp);
    VMConfig *c;
    bool ok = true;
    static Location loc; /* stays pushed after a mistake, when this frame is gone */

    *done = false;
    if (!options) {
        return NULL;
    }
    loc_push_none(&loc);
    *done = answer_help(options, argv, errp) && !*errp;
    if (*done || *errp) {
        return NULL;
    }

    c = vm_config_alloc();
    for (guint i = 0; ok && i < options->len; i++) {
        const ParsedOption *parsed = &g_array_index(options, ParsedOption, i);
        loc_set_cmdline(argv, parsed->argv_index, parsed->argv_count);
        ok = apply_option(c, parsed, errp);
    }
    if (ok) {
        loc_set_none();
        ok = settle(c, errp);
        loc_pop(&loc);
    }
    /* On failure the location stays, so that the caller's report names the option. */
    if (!ok) {
        vm_config_free(c);
        return NULL;
    }
    return c;
}
