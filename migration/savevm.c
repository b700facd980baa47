/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of a saved machine:
 *
 *   magic, version
 *   CONFIGURATION  what both sides must have in common, as names and values
 *   START          of each section that is written in parts (memory)
 *   END            the last part of each of them
 *   FULL           of each device
 *   EOF            and the CRC-32C of all bytes before
 *
 * START and FULL have a number, a name, an instance, a version; the others
 * refer to the number. Each section ends with FOOTER and its number, which a
 * reader that lost its place does not find. Descriptions of higher priority
 * come first, those of equal priority in order of registration.
 */

#include "qemu/osdep.h"
#include "hw/boards.h"
#include "migration/blocker.h"
#include "migration/options.h"
#include "migration/register.h"
#include "migration/vmstate.h"
#include "qemu/main-loop.h"
#include "qemu/uuid.h"
#include "system/cpus.h"
#include "system/system.h"
#include "savevm.h"

#define SAVE_MAGIC   0x52484541 /* "RHEA" */
#define SAVE_VERSION 1

enum {
    MARK_EOF = 0x00,
    MARK_START = 0x01,
    MARK_PART = 0x02,
    MARK_END = 0x03,
    MARK_FULL = 0x04,
    MARK_CONFIGURATION = 0x07,
    MARK_FOOTER = 0x7e,
};

/* ---- the sections of this machine ---- */

static int collect(VMStateEntry *entry, void *opaque)
{
    g_ptr_array_add(opaque, entry);
    return 0;
}

static int entry_priority(const VMStateEntry *entry)
{
    return entry->vmsd ? entry->vmsd->priority : MIG_PRI_DEFAULT;
}

/* Sorted by priority; borrowed entries. */
static GPtrArray *sorted_entries(void)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    GPtrArray *sorted = g_ptr_array_new();

    vmstate_foreach(collect, all);
    for (int priority = MIG_PRI_MAX; priority >= MIG_PRI_DEFAULT; priority--) {
        for (guint i = 0; i < all->len; i++) {
            if (entry_priority(all->pdata[i]) == priority) {
                g_ptr_array_add(sorted, all->pdata[i]);
            }
        }
    }
    return sorted;
}

static int refuse_unmigratable(VMStateEntry *entry, void *opaque)
{
    if (entry->vmsd && entry->vmsd->unmigratable) {
        error_setg((Error **)opaque, "the state of device '%s' cannot be saved", entry->idstr);
        return -1;
    }
    return 0;
}

bool savevm_is_possible(Error **errp)
{
    return !migration_is_blocked(errp) && vmstate_foreach(refuse_unmigratable, errp) == 0;
}

static const char *machine_name(void)
{
    return MACHINE_GET_CLASS(qdev_get_machine())->name;
}

/* CPUs that there are, also those plugged in later. */
static unsigned count_cpus(void)
{
    CPUState *cpu;
    unsigned n = 0;

    CPU_FOREACH (cpu) {
        n++;
    }
    return n;
}

/* ---- saving ---- */

static void put_configuration(QEMUFile *f)
{
    bool with_uuid = migrate_capability_enabled(MIGRATION_CAPABILITY_VALIDATE_UUID);
    g_autofree char *cpus = g_strdup_printf("%u", count_cpus());

    qemu_put_be32(f, SAVE_MAGIC);
    qemu_put_be32(f, SAVE_VERSION);
    qemu_put_byte(f, MARK_CONFIGURATION);
    qemu_put_be32(f, with_uuid ? 3 : 2);
    qemu_put_counted_string(f, "machine");
    qemu_put_counted_string(f, machine_name());
    qemu_put_counted_string(f, "cpus");
    qemu_put_counted_string(f, cpus);
    if (with_uuid) {
        g_autofree char *uuid = qemu_uuid_unparse_strdup(&qemu_uuid);

        qemu_put_counted_string(f, "uuid");
        qemu_put_counted_string(f, uuid);
    }
}

/* START or FULL. */
static void put_header(QEMUFile *f, int mark, uint32_t number, const VMStateEntry *entry)
{
    qemu_put_byte(f, mark);
    qemu_put_be32(f, number);
    qemu_put_counted_string(f, entry->idstr);
    qemu_put_be32(f, entry->instance_id);
    qemu_put_be32(f, entry->vmsd ? entry->vmsd->version_id : entry->version_id);
}

static void put_footer(QEMUFile *f, uint32_t number)
{
    qemu_put_byte(f, MARK_FOOTER);
    qemu_put_be32(f, number);
}

static int save_parts(QEMUFile *f, GPtrArray *entries, int mark, Error **errp)
{
    ERRP_GUARD();
    for (guint i = 0; i < entries->len; i++) {
        VMStateEntry *entry = entries->pdata[i];
        int ret;

        if (!entry->handlers) {
            continue;
        }
        if (mark == MARK_START) {
            put_header(f, mark, i, entry);
            ret = entry->handlers->save_setup(f, entry->opaque, errp);
        } else {
            qemu_put_byte(f, mark);
            qemu_put_be32(f, i);
            ret = entry->handlers->save_complete(f, entry->opaque, errp);
        }
        if (ret) {
            error_prepend(errp, "saving '%s': ", entry->idstr);
            return ret;
        }
        put_footer(f, i);
    }
    return 0;
}

static int save_devices(QEMUFile *f, GPtrArray *entries, Error **errp)
{
    ERRP_GUARD();
    for (guint i = 0; i < entries->len; i++) {
        VMStateEntry *entry = entries->pdata[i];
        int ret;

        if (!entry->vmsd || !vmstate_section_needed(entry->vmsd, entry->opaque)) {
            continue;
        }
        put_header(f, MARK_FULL, i, entry);
        ret = vmstate_save_state(f, entry->vmsd, entry->opaque, errp);
        if (ret) {
            error_prepend(errp, "saving '%s': ", entry->idstr);
            return ret;
        }
        put_footer(f, i);
    }
    return 0;
}

int qemu_savevm_state(QEMUFile *f, Error **errp)
{
    g_autoptr(GPtrArray) entries = NULL;
    int ret;

    bql_lock();
    entries = sorted_entries();
    put_configuration(f);
    bql_unlock();

    ret = save_parts(f, entries, MARK_START, errp);
    if (!ret) {
        ret = save_parts(f, entries, MARK_END, errp);
    }
    if (ret) {
        return ret;
    }

    bql_lock();
    cpu_synchronize_all_states();
    ret = save_devices(f, entries, errp);
    bql_unlock();
    if (ret) {
        return ret;
    }
    qemu_put_byte(f, MARK_EOF);
    qemu_put_be32(f, qemu_file_checksum(f));
    qemu_fflush(f);
    return qemu_file_get_error_obj(f, errp);
}

/* ---- loading ---- */

/* A section that START or FULL announced. */
typedef struct LoadedSection {
    uint32_t number;
    VMStateEntry *entry;
    int version_id;
    bool complete;
} LoadedSection;

typedef struct LoadState {
    QEMUFile *f;
    GPtrArray *entries;
    GArray *sections; /* of LoadedSection */
} LoadState;

static bool check_header(QEMUFile *f, Error **errp)
{
    uint32_t magic = qemu_get_be32(f), version = qemu_get_be32(f);

    if (qemu_file_get_error_obj(f, errp)) {
        return false;
    }
    if (magic != SAVE_MAGIC) {
        error_setg(errp, "this is not a saved machine: it starts with 0x%08x instead of 0x%08x",
                   magic, SAVE_MAGIC);
        return false;
    }
    if (version != SAVE_VERSION) {
        error_setg(errp, "the saved state is of stream version %u; version %u is known here",
                   version, SAVE_VERSION);
        return false;
    }
    return true;
}

static bool check_setting(const char *name, const char *value, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *uuid = qemu_uuid_unparse_strdup(&qemu_uuid);
    g_autofree char *cpus = g_strdup_printf("%u", count_cpus());

    if (!strcmp(name, "machine")) {
        if (strcmp(value, machine_name())) {
            error_setg(errp, "the saved state is of machine type '%s', this machine is a '%s'",
                       value, machine_name());
            error_append_hint(errp, "Use -machine %s.\n", value);
            return false;
        }
    } else if (!strcmp(name, "cpus")) {
        if (strcmp(value, cpus)) {
            error_setg(errp, "the saved machine has %s CPUs, this one has %s", value, cpus);
            error_append_hint(errp, "Use the -smp of the saved machine, and plug in the CPUs that "
                                    "were plugged in there.\n");
            return false;
        }
    } else if (!strcmp(name, "uuid")) {
        if (strcmp(value, uuid)) {
            error_setg(errp, "the saved state is of the machine with the UUID %s, this one is %s",
                       value, uuid);
            error_append_hint(errp, "Use -uuid %s.\n", value);
            return false;
        }
    } else {
        error_setg(errp, "the saved state depends on '%s', which is not known here", name);
        return false;
    }
    return true;
}

static bool check_configuration(QEMUFile *f, Error **errp)
{
    uint32_t count;

    if (qemu_get_byte(f) != MARK_CONFIGURATION) {
        error_setg(errp, "the saved state does not say what machine it is of");
        return false;
    }
    count = qemu_get_be32(f);
    for (uint32_t i = 0; i < count; i++) {
        char name[256], value[256];

        qemu_get_counted_string(f, name);
        qemu_get_counted_string(f, value);
        if (qemu_file_get_error_obj(f, errp) || !check_setting(name, value, errp)) {
            return false;
        }
    }
    return true;
}

static VMStateEntry *find_entry(LoadState *s, const char *idstr, uint32_t instance_id)
{
    for (guint i = 0; i < s->entries->len; i++) {
        VMStateEntry *entry = s->entries->pdata[i];

        if (!strcmp(entry->idstr, idstr) &&
            (entry->instance_id == instance_id ||
             (entry->alias_id != -1 && (uint32_t)entry->alias_id == instance_id))) {
            return entry;
        }
    }
    return NULL;
}

/* Reads what START and FULL say. NULL when it does not fit this machine. */
static LoadedSection *announced_section(LoadState *s, int mark, Error **errp)
{
    ERRP_GUARD();
    LoadedSection section = {.number = qemu_get_be32(s->f)};
    char idstr[256];
    uint32_t instance_id;

    qemu_get_counted_string(s->f, idstr);
    instance_id = qemu_get_be32(s->f);
    section.version_id = qemu_get_be32(s->f);
    if (qemu_file_get_error_obj(s->f, errp)) {
        return NULL;
    }
    section.entry = find_entry(s, idstr, instance_id);
    if (!section.entry || !section.entry->vmsd != (mark == MARK_START)) {
        error_setg(errp, "the saved state has a part '%s' (number %u) that this machine lacks",
                   idstr, instance_id);
        error_append_hint(errp, "Start with the devices and the -smp of the saved machine.\n");
        return NULL;
    }
    for (guint i = 0; i < s->sections->len; i++) {
        LoadedSection *other = &g_array_index(s->sections, LoadedSection, i);

        if (other->entry == section.entry || other->number == section.number) {
            error_setg(errp, "the saved state has the part '%s' twice", idstr);
            return NULL;
        }
    }
    g_array_append_val(s->sections, section);
    return &g_array_index(s->sections, LoadedSection, s->sections->len - 1);
}

/* The section that PART and END go on with. */
static LoadedSection *continued_section(LoadState *s, Error **errp)
{
    uint32_t number = qemu_get_be32(s->f);

    for (guint i = 0; i < s->sections->len; i++) {
        LoadedSection *section = &g_array_index(s->sections, LoadedSection, i);

        if (section->number == number && section->entry->handlers && !section->complete) {
            return section;
        }
    }
    error_setg(errp, "the saved state goes on with a part %u that was not begun", number);
    return NULL;
}

static int load_section(LoadState *s, int mark, Error **errp)
{
    ERRP_GUARD();
    bool begins = mark == MARK_START || mark == MARK_FULL;
    LoadedSection *section = begins ? announced_section(s, mark, errp) : continued_section(s, errp);
    VMStateEntry *entry;
    int ret;

    if (!section) {
        return -EINVAL;
    }
    entry = section->entry;
    ret = entry->handlers
              ? entry->handlers->load_state(s->f, entry->opaque, section->version_id, errp)
              : vmstate_load_state(s->f, entry->vmsd, entry->opaque, section->version_id, errp);
    section->complete = mark == MARK_FULL || mark == MARK_END;
    if (ret) {
        error_prepend(errp, "loading '%s': ", entry->idstr);
        if (ret == -EINVAL && !error_get_hint(*errp)) {
            error_append_hint(errp, "If it is not damaged: start with the devices, their addresses "
                                    "and the -smp of the saved machine.\n");
        }
        return ret;
    }
    if (qemu_get_byte(s->f) != MARK_FOOTER || qemu_get_be32(s->f) != section->number) {
        if (!qemu_file_get_error_obj(s->f, errp)) {
            error_setg(errp, "the part '%s' of the saved state does not end where it should",
                       entry->idstr);
        }
        return -EINVAL;
    }
    return 0;
}

static int load_sections(LoadState *s, Error **errp)
{
    for (;;) {
        int mark = qemu_get_byte(s->f), ret = qemu_file_get_error_obj(s->f, errp);

        if (ret) {
            return ret;
        }
        switch (mark) {
        case MARK_EOF:
            return 0;
        case MARK_START:
        case MARK_PART:
        case MARK_END:
        case MARK_FULL:
            ret = load_section(s, mark, errp);
            if (ret) {
                return ret;
            }
            break;
        default:
            error_setg(errp, "the saved state is damaged: 0x%02x is no kind of section", mark);
            return -EINVAL;
        }
    }
}

/* The -device that @entry is of, or is a part of; NULL if the machine has it in any case. */
static DeviceState *device_of_user(const VMStateEntry *entry)
{
    Object *named = machine_get_container("peripheral"),
           *nameless = machine_get_container("peripheral-anon");

    for (Object *o = OBJECT(entry->dev); o; o = o->parent) {
        if (o->parent == named || o->parent == nameless) {
            return DEVICE(o);
        }
    }
    return NULL;
}

static void nothing_for(const VMStateEntry *entry, Error **errp)
{
    ERRP_GUARD();
    DeviceState *dev = device_of_user(entry);

    error_setg(errp, "the saved state has nothing for '%s' (number %u)", entry->idstr,
               entry->instance_id);
    if (dev) {
        error_append_hint(errp, "Leave out -device %s%s%s, which the saved machine had not.\n",
                          object_get_typename(OBJECT(dev)), dev->id ? ",id=" : "",
                          dev->id ? dev->id : "");
    } else {
        error_append_hint(errp, "Start with the devices and the -smp of the saved machine.\n");
    }
}

/* What this machine has and must have come in the stream did so. */
static bool check_completeness(LoadState *s, Error **errp)
{
    for (guint i = 0; i < s->entries->len; i++) {
        VMStateEntry *entry = s->entries->pdata[i];
        bool found = entry->vmsd && entry->vmsd->needed;

        for (guint k = 0; k < s->sections->len && !found; k++) {
            LoadedSection *section = &g_array_index(s->sections, LoadedSection, k);
            found = section->entry == entry && section->complete;
        }
        if (!found) {
            nothing_for(entry, errp);
            return false;
        }
    }
    return true;
}

static bool check_checksum(QEMUFile *f, Error **errp)
{
    uint32_t expected = qemu_file_checksum(f), found = qemu_get_be32(f);

    if (qemu_file_get_error_obj(f, errp)) {
        return false;
    }
    if (found != expected) {
        error_setg(errp, "the saved state is damaged: its checksum is 0x%08x, not 0x%08x", expected,
                   found);
        return false;
    }
    return true;
}

int qemu_loadvm_state(QEMUFile *f, Error **errp)
{
    LoadState s = {.f = f};
    int ret;

    if (!check_header(f, errp) || !check_configuration(f, errp)) {
        return -EINVAL;
    }
    cpu_synchronize_all_pre_loadvm();
    s.entries = sorted_entries();
    s.sections = g_array_new(false, true, sizeof(LoadedSection));
    ret = load_sections(&s, errp);
    if (!ret && (!check_checksum(f, errp) || !check_completeness(&s, errp))) {
        ret = -EINVAL;
    }
    if (!ret) {
        cpu_synchronize_all_post_init();
    }
    g_array_unref(s.sections);
    g_ptr_array_unref(s.entries);
    return ret;
}
