/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of blkdebug, from options or from a file of sections:
 *
 *     [inject-error]
 *     event = "l2_update"
 *     errno = "28"
 *
 * Main thread.
 */
#include "qemu/osdep.h"
#include "blkdebug.h"
#include "qemu/nearest-name.h"
#include "qobject/qlist.h"

/* A file of rules is written by hand. */
#define MAX_CONFIG_BYTES (1 * MiB)

typedef struct RuleOptions {
    int event, iotype;
    uint64_t state, new_state, error, sector, delay_ns;
    bool once, immediately;
} RuleOptions;

static const BdrvOpt inject_opts[] = {
    {"event", BDRV_OPT_ENUM, offsetof(RuleOptions, event), &BlkdebugEvent_lookup},
    {"state", BDRV_OPT_NUM, offsetof(RuleOptions, state)},
    {"iotype", BDRV_OPT_ENUM, offsetof(RuleOptions, iotype), &BlkdebugIOType_lookup},
    {"errno", BDRV_OPT_NUM, offsetof(RuleOptions, error)},
    {"sector", BDRV_OPT_NUM, offsetof(RuleOptions, sector)},
    {"once", BDRV_OPT_BOOL, offsetof(RuleOptions, once)},
    {"immediately", BDRV_OPT_BOOL, offsetof(RuleOptions, immediately)},
    {"delay-ns", BDRV_OPT_NUM, offsetof(RuleOptions, delay_ns)},
    {NULL},
};

static const BdrvOpt state_opts[] = {
    {"event", BDRV_OPT_ENUM, offsetof(RuleOptions, event), &BlkdebugEvent_lookup},
    {"state", BDRV_OPT_NUM, offsetof(RuleOptions, state)},
    {"new_state", BDRV_OPT_NUM, offsetof(RuleOptions, new_state)},
    {NULL},
};

void blkdebug_rule_free(BlkdebugRule *rule)
{
    g_free(rule->tag);
    g_free(rule);
}

static bool check_known(const char *section, QDict *dict, const BdrvOpt *table, Error **errp)
{
    ERRP_GUARD();
    const QDictEntry *e = qdict_first(dict);
    NearestName near;

    if (!e) {
        return true;
    }
    error_setg(errp, "Invalid parameter '%s' in %s", qdict_entry_key(e), section);
    nearest_name_init(&near, qdict_entry_key(e));
    for (; table->name; table++) {
        nearest_name_try(&near, table->name);
    }
    nearest_name_hint(&near, errp);
    return false;
}

static bool check_values(const char *section, const RuleOptions *o, bool inject, Error **errp)
{
    if (o->event < 0) {
        error_setg(errp, "Missing event name for rule of %s", section);
        return false;
    }
    if (!inject && (o->new_state < 1 || o->new_state > INT_MAX)) {
        error_setg(errp, "new_state of %s must be between 1 and %d", section, INT_MAX);
        return false;
    }
    if (o->state > INT_MAX || o->error > 4095 || o->delay_ns > INT64_MAX ||
        (o->sector != UINT64_MAX && o->sector > BDRV_MAX_LENGTH / BDRV_SECTOR_SIZE)) {
        error_setg(errp, "state, errno, sector or delay-ns of %s is too large", section);
        return false;
    }
    return true;
}

/* One rule from @dict, which loses what is known. @section is "inject-error" or "set-state". */
static bool add_rule(BlkdebugRules *rules, const char *section, QDict *dict, Error **errp)
{
    bool inject = !strcmp(section, "inject-error");
    const BdrvOpt *table = inject ? inject_opts : state_opts;
    RuleOptions o = {.event = -1, .iotype = -1, .error = EIO, .sector = UINT64_MAX};
    BlkdebugRule *rule;

    if (!bdrv_parse_options(&o, table, dict, errp) || !check_known(section, dict, table, errp) ||
        !check_values(section, &o, inject, errp)) {
        return false;
    }
    rule = g_new0(BlkdebugRule, 1);
    rule->event = o.event;
    rule->state = o.state;
    rule->action = inject ? BLKDEBUG_INJECT_ERROR : BLKDEBUG_SET_STATE;
    rule->iotypes = o.iotype < 0 ? ~(1ULL << BLKDEBUG_IO_TYPE_BLOCK_STATUS) : 1ULL << o.iotype;
    rule->error = o.error;
    rule->offset = o.sector == UINT64_MAX ? -1 : (int64_t)(o.sector * BDRV_SECTOR_SIZE);
    rule->once = o.once;
    rule->immediately = o.immediately;
    rule->delay_ns = o.delay_ns;
    rule->active = inject && rule->event == BLKDBG_NONE;
    rule->new_state = o.new_state;
    QLIST_INSERT_HEAD(rules, rule, next);
    return true;
}

static bool read_list(BlkdebugRules *rules, const char *section, QDict *options, Error **errp)
{
    g_autofree char *prefix = g_strdup_printf("%s.", section);
    QDict *all;
    QList *list;
    bool ok = true;

    qdict_extract_subqdict(options, &all, prefix);
    qdict_array_split(all, &list);
    for (const QListEntry *e = qlist_first(list); e && ok; e = qlist_next(e)) {
        QDict *dict = qobject_to(QDict, qlist_entry_obj(e));

        if (!dict) {
            error_setg(errp, "'%s' must be a list of rules", section);
        }
        ok = dict && add_rule(rules, section, dict, errp);
    }
    if (ok && qdict_size(all)) {
        error_setg(errp, "'%s%s' is no member of a list", prefix,
                   qdict_entry_key(qdict_first(all)));
        ok = false;
    }
    qobject_unref(list);
    qobject_unref(all);
    return ok;
}

/* ---- the file ---- */

typedef struct Section {
    char *name; /* NULL: before the first one */
    QDict *dict;
} Section;

static bool finish_section(BlkdebugRules *rules, Section *s, Error **errp)
{
    bool ok = !s->name || add_rule(rules, s->name, s->dict, errp);

    g_free(s->name);
    qobject_unref(s->dict);
    *s = (Section){0};
    return ok;
}

static bool start_section(Section *s, const char *line, Error **errp)
{
    /* [name] or [name "id"] */
    size_t len = strcspn(line + 1, "] \t");

    s->name = g_strndup(line + 1, len);
    s->dict = qdict_new();
    if (strcmp(s->name, "inject-error") && strcmp(s->name, "set-state")) {
        error_setg(errp, "there is no section '%s'; accepted: inject-error, set-state", s->name);
        return false;
    }
    return true;
}

static bool add_value(Section *s, const char *line, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(line, "=", 2);
    char *value;
    size_t len;

    if (!s->name || !parts[0] || !parts[1]) {
        error_setg(errp, "'%s' is neither '[section]' nor 'key = \"value\"' in a section", line);
        return false;
    }
    value = g_strstrip(parts[1]);
    len = strlen(value);
    if (len < 2 || value[0] != '"' || value[len - 1] != '"') {
        error_setg(errp, "the value of '%s' must be in quotation marks", g_strstrip(parts[0]));
        return false;
    }
    value[len - 1] = 0;
    qdict_put_str(s->dict, g_strstrip(parts[0]), value + 1);
    return true;
}

static bool read_config(BlkdebugRules *rules, const char *path, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    Section s = {0};
    size_t size;
    bool ok = true;

    text = qemu_read_file(path, MAX_CONFIG_BYTES, &size, errp);
    if (!text) {
        error_prepend(errp, "Could not read blkdebug config file: ");
        return false;
    }
    lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i] && ok; i++) {
        char *line = g_strstrip(lines[i]);

        if (*line && *line != '#') {
            ok = *line == '[' ? finish_section(rules, &s, errp) && start_section(&s, line, errp)
                              : add_value(&s, line, errp);
        }
        if (!ok) {
            error_prepend(errp, "%s:%d: ", path, i + 1);
        }
    }
    if (ok) {
        ok = finish_section(rules, &s, errp);
    }
    g_free(s.name);
    qobject_unref(s.dict);
    return ok;
}

bool blkdebug_read_rules(BlkdebugRules *rules, const char *config, QDict *options, Error **errp)
{
    return (!config || read_config(rules, config, errp)) &&
           read_list(rules, "inject-error", options, errp) &&
           read_list(rules, "set-state", options, errp);
}
