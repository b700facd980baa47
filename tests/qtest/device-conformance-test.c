/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every type of device: those that -device takes, each by itself, and those that
 * machines consist of, a machine at a time. A device is made with what little it
 * needs; its registers are met with accesses of all sizes at all offsets; its
 * state is saved and loaded into a new process. From there on both must give the
 * same answers to the same accesses, and what they save must be the same to the
 * byte. After a reset it looks as it did at first, and it is unplugged and
 * plugged in again if it can be.
 *
 * Types are found by asking the emulator; one that is in no machine and on no bus
 * that is known here fails the test.
 */
#include "registers.h"
#include <glib/gstdio.h>
#include "qobject/qlist.h"

#define SLOT  7
#define STEP  (20 * 1000 * 1000)
#define ENDED "-nodefaults -no-shutdown -action panic=none,watchdog=none,reboot=reset"

/* Where devices of a bus go: machine, options before -device, and what -device says of the bus. */
typedef struct BusPlace {
    const char *bus, *machine, *options, *properties;
} BusPlace;

static const BusPlace bus_places[] = {
    {"PCI", "pc", "", ",addr=7"},
    {"PCIE", "q35", "", ",addr=7"},
    {"ISA", "pc", "", ""},
    {"IDE", "pc", "", ",bus=ide.1"},
    {"virtio-bus", "microvm", "", ",bus=virtio-mmio-bus.0"},
    {"SCSI", "pc", "-device virtio-scsi-pci,id=s", ",bus=s.0"},
    {"virtio-serial-bus", "pc", "-device virtio-serial-pci,id=s", ",bus=s.0"},
    {"floppy-bus", "pc", "", ""},
    {"nvme-bus", "pc", "-device nvme,serial=s,id=n", ",bus=n"},
    {"", "pc", "", ""},
};

/* What a type needs besides what follows from its properties, or must be spared. */
typedef struct TypeQuirk {
    const char *type, *properties, *options;
    bool no_writes;    /* they end the emulator */
    bool is_inside;    /* works as part of another device only, and is met as such */
    bool needs_server; /* of a kind that its own test has */
    bool
        fake_sg; /* needs a SCSI device of the host, which a preloaded library makes of /dev/null */
} TypeQuirk;

#define FAKE_SG "-blockdev host_device,filename=/dev/null,node-name=h,locking=off"

static const TypeQuirk quirks[] = {
    {"isa-debug-exit", "", "", .no_writes = true},
    {"ivshmem-doorbell", .needs_server = true},
    {"ivshmem-plain", ",master=on", ""},
    {"loader", ",addr=0x1000,data=5,data-len=4", ""},
    {"nvdimm", ",label-size=128K", "-machine nvdimm=on"},
    {"nvme", ",serial=s", ""},
    {"pxb", ",bus_nr=9", ""},
    {"pxb-pcie", ",bus_nr=9", "-machine q35"},
    {"scsi-block", ",drive=h", FAKE_SG, .fake_sg = true},
    {"scsi-generic", ",drive=h", FAKE_SG, .fake_sg = true},
    {"virtio-crypto-device", "", "-global virtio-mmio.force-legacy=off"},
    {"virtio-keyboard-device", "", "-global virtio-mmio.force-legacy=off"},
    {"virtio-multitouch-device", "", "-global virtio-mmio.force-legacy=off"},
    {"virtio-mouse-device", "", "-global virtio-mmio.force-legacy=off"},
    {"virtio-tablet-device", "", "-global virtio-mmio.force-legacy=off"},
    {"virtio-mem", .is_inside = true},
    {"virtio-pmem", .is_inside = true},
    {"pci-serial-2x", ",chardev1=c,chardev2=d", "-chardev null,id=c -chardev null,id=d"},
    {"pci-serial-4x", ",chardev1=c,chardev2=d,chardev3=e,chardev4=f",
     "-chardev null,id=c -chardev null,id=d -chardev null,id=e -chardev null,id=f"},
};

/* Properties that a device does not work without, and what they are given. */
static const struct {
    const char *property, *value, *options;
} back_ends[] = {
    {"chardev", "c", "-chardev null,id=c"},
    {"cryptodev", "b", "-object cryptodev-backend-builtin,id=b"},
    {"memdev", "m", "-m 16,slots=2,maxmem=64M -object memory-backend-ram,id=m,size=2M"},
    {"drive", "d", "-blockdev null-co,node-name=d,read-zeroes=on"},
};

/* Machines whose own devices are met, all at once. */
static const char *const machines[] = {
    "-machine pc -smp 2",
    "-machine pc,vmport=off,hpet=off,nvdimm=on",
    "-machine q35 -smp 2",
    "-machine q35,smm=off",
    "-machine microvm -smp 2",
    "-machine microvm,acpi=off,pit=on,pic=on,rtc=on",
    "-machine pc,pflash0=f -blockdev null-co,node-name=f,size=65536,read-zeroes=on",
    "-machine pc -accel kvm -S",
};

/* Types that are parts for boards: no board here has them, and their unit tests meet them. */
static const char *const parts[] = {"or-irq", "split-irq", "serial-mm"};

/* Chosen by QTEST_FUZZ_SEED. */
static uint32_t first_seed;

/* Types met so far; concrete types of the emulator. */
static GHashTable *met;
static GPtrArray *all_types;

/* ---- one device on a machine ---- */

typedef struct Subject {
    char *type;   /* NULL: the machine itself */
    char *args;   /* of the machine, without the device */
    char *device; /* argument of -device */
    bool pci, no_writes;
    bool kvm; /* the kernel's clock and counters do not stand still: nothing to compare */
} Subject;

static Subject *subject_new(const char *type, const char *args)
{
    Subject *s = g_new0(Subject, 1);

    s->type = g_strdup(type);
    s->args = g_strdup(args);
    s->kvm = strstr(args, "-accel kvm");
    return s;
}

static void subject_free(void *opaque)
{
    Subject *s = opaque;

    g_free(s->type);
    g_free(s->args);
    g_free(s->device);
    g_free(s);
}

static QTestState *start(const Subject *subject, const char *incoming)
{
    return qtest_initf(ENDED " -m 16 -rtc base=2020-02-29T12:00:00,clock=vm %s %s%s %s%s",
                       subject->args, subject->device ? "-device " : "",
                       subject->device ? subject->device : "", incoming ? "-incoming file:" : "",
                       incoming ? incoming : "");
}

static char *qom_get_str(QTestState *s, const char *path, const char *property)
{
    g_autoptr(QDict) response = qtest_qmp(
        s, "{'execute': 'qom-get', 'arguments': {'path': '%s', 'property': '%s'}}", path, property);

    return g_strdup(qdict_get_try_str(response, "return"));
}

/* The device's registers; or, if it is behind those of another one, that one's. */
static GArray *find_ranges(QTestState *s, const Subject *subject)
{
    GArray *ranges = registers_find(s, subject->device ? "/machine/peripheral/dut" : NULL);

    if (subject->device && ranges->len == 0) {
        g_autofree char *bus = qom_get_str(s, "/machine/peripheral/dut", "parent_bus");
        char *end = bus ? strrchr(bus, '/') : NULL;

        if (end && end > bus) {
            *end = 0;
            g_array_unref(ranges);
            ranges = registers_find(s, bus);
        }
    }
    return ranges;
}

static void step(QTestState *s, const Subject *subject)
{
    if (!subject->kvm) {
        qtest_clock_step(s, STEP);
    }
}

static void go_on(QTestState *s, const Subject *subject)
{
    if (!subject->kvm) {
        qtest_qmp_assert_success(s, "{'execute': 'cont'}");
    }
}

/* ---- accesses ---- */

/* Every offset near the ends of a range, also across them, with every size. */
static void sweep(QTestState *s, const RegisterRange *r, GRand *rnd, bool write, GArray *seen)
{
    for (uint64_t a = r->first < 3 ? 0 : r->first - 3; a <= r->last; a++) {
        if (a == r->first + 96 && r->last - a > 32) {
            a = r->last - 16;
        }
        for (int size = 1; size <= (r->io ? 4 : 8); size *= 2) {
            if (write) {
                registers_write(s, r->io, a, size, registers_pick_value(rnd));
            } else {
                uint64_t value = registers_read(s, r->io, a, size);
                g_array_append_val(seen, value);
            }
        }
    }
}

static void random_accesses(QTestState *s, const Subject *subject, GArray *ranges, GRand *rnd,
                            GArray *seen)
{
    bool write = !subject->no_writes;

    for (int i = 0; i < 400; i++) {
        RegisterRange *r = &g_array_index(ranges, RegisterRange, g_rand_int(rnd) % ranges->len);
        uint64_t addr = r->first + g_rand_int(rnd) % (r->last - r->first + 1);
        int size = 1 << g_rand_int(rnd) % (r->io ? 3 : 4);

        if (write && g_rand_boolean(rnd)) {
            registers_write(s, r->io, addr, size, registers_pick_value(rnd));
        } else {
            uint64_t value = registers_read(s, r->io, addr, size);
            g_array_append_val(seen, value);
        }
        if (i % 100 == 99) {
            step(s, subject);
        }
    }
}

/* The same accesses for the same @seed. What was read, g_array_unref(). */
static GArray *exercise(QTestState *s, const Subject *subject, GArray *ranges, uint32_t seed)
{
    GArray *seen = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    GRand *rnd = g_rand_new_with_seed(first_seed + seed);

    for (guint i = 0; i < ranges->len; i++) {
        sweep(s, &g_array_index(ranges, RegisterRange, i), rnd, false, seen);
    }
    step(s, subject);
    if (!subject->no_writes) {
        for (guint i = 0; i < ranges->len; i++) {
            sweep(s, &g_array_index(ranges, RegisterRange, i), rnd, true, seen);
        }
    }
    if (ranges->len) {
        random_accesses(s, subject, ranges, rnd, seen);
    }
    g_rand_free(rnd);
    return seen;
}

static void read_config(QTestState *s, uint32_t *values)
{
    for (int i = 0; i < 64; i++) {
        values[i] = qpci_config_readl(s, QPCI_DEVFN(SLOT, 0), i * 4);
    }
}

/* ---- saved state ---- */

static char *state_file(void)
{
    g_autofree char *name = NULL;
    int fd = g_file_open_tmp("conformance-XXXXXX", &name, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    return g_steal_pointer(&name);
}

/* The last names before @offset of a stream: sections and fields carry theirs. */
static char *names_before(const char *stream, size_t offset)
{
    size_t from = offset > 160 ? offset - 160 : 0;
    GString *text = g_string_new(NULL);

    for (size_t i = from; i < offset; i++) {
        g_string_append_c(text, g_ascii_isprint(stream[i]) ? stream[i] : '.');
    }
    return g_string_free(text, FALSE);
}

static void compare_files(const char *file1, const char *file2, const char *when)
{
    g_autofree char *data1 = NULL, *data2 = NULL;
    gsize len1, len2, at = 0;

    g_assert(g_file_get_contents(file1, &data1, &len1, NULL));
    g_assert(g_file_get_contents(file2, &data2, &len2, NULL));
    while (at < len1 && at < len2 && data1[at] == data2[at]) {
        at++;
    }
    if (at < len1 || at < len2) {
        g_autofree char *names = names_before(data1, at);
        g_error("%s, the saved states differ (%zu and %zu bytes) at %zu, after: %s", when, len1,
                len2, at, names);
    }
}

static void compare_reads(GArray *seen1, GArray *seen2)
{
    g_assert_cmpint(seen1->len, ==, seen2->len);
    for (guint i = 0; i < seen1->len; i++) {
        uint64_t value1 = g_array_index(seen1, uint64_t, i);
        uint64_t value2 = g_array_index(seen2, uint64_t, i);

        if (value1 != value2) {
            g_error("after loading, read %u gives 0x%" PRIx64 " instead of 0x%" PRIx64, i, value2,
                    value1);
        }
    }
}

/* Saves @original, loads that into a new process, and lets both go on. */
static void save_and_load(QTestState *original, const Subject *subject, GArray *ranges)
{
    g_autofree char *file1 = state_file(), *file2 = state_file();
    g_autoptr(GArray) seen1 = NULL, seen2 = NULL;
    QTestState *loaded;

    qtest_save(original, file1);
    loaded = start(subject, file1);
    qtest_save(loaded, file2);
    go_on(original, subject);
    go_on(loaded, subject);
    if (!subject->kvm) {
        compare_files(file1, file2, "loaded and saved again");
    }
    seen1 = exercise(original, subject, ranges, 3);
    seen2 = exercise(loaded, subject, ranges, 3);
    qtest_save(original, file1);
    qtest_save(loaded, file2);
    if (!subject->kvm) {
        compare_reads(seen1, seen2);
        compare_files(file1, file2, "after the same accesses");
    }
    go_on(original, subject);
    qtest_quit(loaded);
    g_unlink(file1);
    g_unlink(file2);
}

/* ---- unplugging ---- */

static bool is_there(QTestState *s)
{
    g_autofree char *type = qom_get_str(s, "/machine/peripheral/dut", "type");

    return type;
}

/* What the guest's ACPI code does when it is asked to let go of a PCI device. */
static void eject(QTestState *s)
{
    qtest_outl(s, 0xae10, 0);
    g_assert_cmphex(qtest_inl(s, 0xae04), ==, 1u << SLOT);
    qtest_outl(s, 0xae08, 1u << SLOT);
    g_assert_cmphex(qtest_inl(s, 0xae04), ==, 0);
}

/* The same for a memory module: the first slot is let go of. */
static void eject_memory(QTestState *s)
{
    qtest_outl(s, 0x0a00, 0);
    g_assert_cmphex(qtest_inb(s, 0x0a14) & 0x05, ==, 0x05);
    qtest_outb(s, 0x0a14, 0x08);
    g_assert_cmphex(qtest_inb(s, 0x0a14), ==, 0);
}

static void wait_deleted(QTestState *s)
{
    for (bool done = false; !done;) {
        g_autoptr(QDict) event = qtest_qmp_eventwait_ref(s, "DEVICE_DELETED");

        done = !g_strcmp0(qdict_get_try_str(qdict_get_qdict(event, "data"), "device"), "dut");
    }
    g_assert_false(is_there(s));
}

/* A device that is not hotpluggable says so. */
static bool unplug(QTestState *s, const Subject *subject)
{
    g_autoptr(QDict) response =
        qtest_qmp(s, "{'execute': 'device_del', 'arguments': {'id': 'dut'}}");

    if (!qdict_haskey(response, "return")) {
        const char *why = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
        g_assert_nonnull(strstr(why, "hotplug"));
        g_assert_true(is_there(s));
        return false;
    }
    if (subject->pci) {
        eject(s);
    } else if (!strcmp(subject->type, "pc-dimm")) {
        eject_memory(s);
    }
    wait_deleted(s);
    return true;
}

static void unplug_and_plug(QTestState *s, const Subject *subject, GArray *ranges)
{
    if (!unplug(s, subject)) {
        return;
    }
    /* Where its registers were there is nothing, and nothing happens. */
    g_array_unref(exercise(s, subject, ranges, 4));
    for (int i = 0; i < 2; i++) {
        g_autofree char *answer = qtest_hmp(s, "device_add %s", subject->device);

        g_assert_cmpstr(answer, ==, "");
        g_assert_true(is_there(s));
        if (subject->pci) {
            registers_place_pci(s, SLOT);
        }
        g_array_unref(exercise(s, subject, ranges, 5));
        g_assert_true(unplug(s, subject));
    }
}

/* ---- which types are there ---- */

/* Notes the types of the devices at @path and below. */
static void meet(QTestState *s, const char *path)
{
    g_autoptr(QDict) response =
        qtest_qmp(s, "{'execute': 'qom-list', 'arguments': {'path': '%s'}}", path);
    const QList *properties = qdict_get_qlist(response, "return");

    for (const QListEntry *e = properties ? qlist_first(properties) : NULL; e; e = qlist_next(e)) {
        QDict *property = qobject_to(QDict, qlist_entry_obj(e));
        const char *type = qdict_get_str(property, "type");

        if (g_str_has_prefix(type, "child<") && strcmp(type, "child<memory-region>") &&
            strcmp(type, "child<irq>")) {
            g_autofree char *child =
                g_strdup_printf("%s/%s", path, qdict_get_str(property, "name"));
            g_hash_table_add(met, g_strndup(type + 6, strlen(type) - 7));
            meet(s, child);
        }
    }
}

static void test_all_met(void)
{
    g_autoptr(GString) missed = g_string_new(NULL);

    for (guint i = 0; i < all_types->len; i++) {
        const char *type = g_ptr_array_index(all_types, i);
        bool part = false;

        for (size_t j = 0; j < G_N_ELEMENTS(parts); j++) {
            part |= !strcmp(type, parts[j]);
        }
        part |= g_str_has_prefix(type, "kvm") && access("/dev/kvm", R_OK | W_OK) < 0;
        if (!part && !g_hash_table_contains(met, type)) {
            g_string_append_printf(missed, " %s", type);
        }
    }
    g_assert_cmpstr(missed->str, ==, "");
}

/* ---- tests ---- */

static void run_subject(const Subject *subject)
{
    uint32_t before[64] = {}, after[64] = {};
    g_autoptr(GArray) ranges = NULL;
    QTestState *s = start(subject, NULL);

    meet(s, "/machine");
    if (subject->pci) {
        read_config(s, before);
        g_assert_cmphex(before[0], !=, UINT32_MAX);
        registers_place_pci(s, SLOT);
    }
    ranges = find_ranges(s, subject);
    g_array_unref(exercise(s, subject, ranges, 1));
    save_and_load(s, subject, ranges);
    qtest_system_reset(s);
    if (subject->pci) {
        read_config(s, after);
        g_assert_cmpmem(after, sizeof(after), before, sizeof(before));
        registers_place_pci(s, SLOT);
    }
    g_array_unref(exercise(s, subject, ranges, 2));
    qtest_system_reset(s);
    g_free(qtest_hmp(s, "info qtree"));
    if (subject->device) {
        unplug_and_plug(s, subject, ranges);
    }
    qtest_quit(s);
}

static void test_subject(const void *data)
{
    const Subject *subject = data;

    if (subject->kvm && access("/dev/kvm", R_OK | W_OK) < 0) {
        g_test_skip("no access to /dev/kvm");
        return;
    }
    run_subject(subject);
}

/* ---- finding types ---- */

static bool has_property(QTestState *s, const char *type, const char *name)
{
    g_autoptr(QDict) response = qtest_qmp(
        s, "{'execute': 'device-list-properties', 'arguments': {'typename': '%s'}}", type);
    const QList *properties = qdict_get_qlist(response, "return");

    for (const QListEntry *e = qlist_first(properties); e; e = qlist_next(e)) {
        if (!strcmp(qdict_get_str(qobject_to(QDict, qlist_entry_obj(e)), "name"), name)) {
            return true;
        }
    }
    return false;
}

/* The path of a device of the machine. */
static char *path_of(QTestState *s, const char *type)
{
    g_autoptr(QDict) response =
        qtest_qmp(s, "{'execute': 'qom-list', 'arguments': {'path': '/machine/unattached'}}");
    const QList *devices = qdict_get_qlist(response, "return");
    g_autofree char *child = g_strdup_printf("child<%s>", type);

    for (const QListEntry *e = qlist_first(devices); e; e = qlist_next(e)) {
        QDict *device = qobject_to(QDict, qlist_entry_obj(e));

        if (!strcmp(qdict_get_str(device, "type"), child)) {
            return g_strdup_printf("/machine/unattached/%s", qdict_get_str(device, "name"));
        }
    }
    g_error("no %s in the machine", type);
}

static bool implements(QTestState *s, const char *type, const char *interface)
{
    g_autoptr(QDict) response =
        qtest_qmp(s, "{'execute': 'qom-list-types', 'arguments': {'implements': '%s'}}", interface);

    for (const QListEntry *e = qlist_first(qdict_get_qlist(response, "return")); e;
         e = qlist_next(e)) {
        if (!strcmp(qdict_get_str(qobject_to(QDict, qlist_entry_obj(e)), "name"), type)) {
            return true;
        }
    }
    return false;
}

static Subject *user_subject(QTestState *s, const char *type, const char *bus)
{
    GString *device = g_string_new(type);
    GString *args = g_string_new(NULL);
    const BusPlace *place = NULL;
    Subject *subject;
    bool pci = !strcmp(bus, "PCI"), no_writes = false;

    if (pci && !implements(s, type, "conventional-pci-device")) {
        bus = "PCIE";
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bus_places); i++) {
        if (!strcmp(bus_places[i].bus, bus)) {
            place = &bus_places[i];
        }
    }
    if (!place) {
        g_error("'%s' is a device of bus '%s': where there is one belongs into bus_places[]", type,
                bus);
    }
    g_string_append_printf(device, ",id=dut%s", place->properties);
    g_string_append_printf(args, "-machine %s %s", place->machine, place->options);
    for (size_t i = 0; i < G_N_ELEMENTS(back_ends); i++) {
        if (has_property(s, type, back_ends[i].property)) {
            g_string_append_printf(device, ",%s=%s", back_ends[i].property, back_ends[i].value);
            g_string_append_printf(args, " %s", back_ends[i].options);
        }
    }
    if (has_property(s, type, "i8042")) {
        g_autofree char *controller = path_of(s, "i8042");
        g_string_append_printf(device, ",i8042=%s", controller);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(quirks); i++) {
        if (!strcmp(quirks[i].type, type)) {
            g_string_append(device, quirks[i].properties);
            g_string_append_printf(args, " %s", quirks[i].options);
            no_writes = quirks[i].no_writes;
        }
    }
    subject = subject_new(type, args->str);
    subject->device = g_string_free(device, FALSE);
    subject->pci = pci;
    subject->no_writes = no_writes;
    g_string_free(args, TRUE);
    return subject;
}

/* Is not met by itself. What needs something that is not here counts as met. */
static bool must_skip(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(quirks); i++) {
        if (!strcmp(quirks[i].type, type) && quirks[i].is_inside) {
            return true;
        }
        if (!strcmp(quirks[i].type, type) &&
            (quirks[i].needs_server || (quirks[i].fake_sg && !g_getenv("QTEST_FAKE_SG")))) {
            g_hash_table_add(met, g_strdup(type));
            return true;
        }
    }
    return false;
}

/* Those in the list for users: lines of 'name "TYPE", bus BUS, ...', the bus is not always there.
 */
static void add_user_types(QTestState *s)
{
    g_autofree char *help = qtest_hmp(s, "device_add help");
    g_auto(GStrv) lines = g_strsplit(help, "\n", 0);

    for (int i = 0; lines[i]; i++) {
        char type[128], bus[64] = "";

        if (sscanf(lines[i], "name \"%127[^\"]\", bus %63[^,\r]", type, bus) >= 1 &&
            !g_str_has_suffix(type, "-x86_64-cpu") && !must_skip(type)) {
            g_autofree char *path = g_strdup_printf("/device/%s", type);
            g_test_add_data_func_full(path, user_subject(s, type, bus), test_subject, subject_free);
        }
    }
}

/* All concrete types but processors', which differ by their features alone. */
static void find_all_types(QTestState *s)
{
    g_autoptr(QDict) response =
        qtest_qmp(s, "{'execute': 'qom-list-types',"
                     " 'arguments': {'implements': 'device', 'abstract': false}}");
    const QList *types = qdict_get_qlist(response, "return");

    all_types = g_ptr_array_new_with_free_func(g_free);
    for (const QListEntry *e = qlist_first(types); e; e = qlist_next(e)) {
        const char *name = qdict_get_str(qobject_to(QDict, qlist_entry_obj(e)), "name");

        if (!g_str_has_suffix(name, "-x86_64-cpu")) {
            g_ptr_array_add(all_types, g_strdup(name));
        }
    }
}

int main(int argc, char **argv)
{
    const char *seed = g_getenv("QTEST_FUZZ_SEED");
    QTestState *s;
    int result;

    g_test_init(&argc, &argv, NULL);
    first_seed = seed ? atoi(seed) : 0;
    met = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (g_getenv("QTEST_FAKE_SG")) {
        g_setenv("LD_PRELOAD", g_getenv("QTEST_FAKE_SG"), true); /* for the emulators */
    }
    s = qtest_init("-machine pc -nodefaults");
    find_all_types(s);
    add_user_types(s);
    qtest_quit(s);
    for (size_t i = 0; i < G_N_ELEMENTS(machines); i++) {
        g_autofree char *path = g_strdup_printf("/machine/%s", machines[i] + strlen("-machine "));
        g_test_add_data_func_full(path, subject_new(NULL, machines[i]), test_subject, subject_free);
    }
    g_test_add_func("/types/all-met", test_all_met);
    result = g_test_run();
    g_hash_table_unref(met);
    g_ptr_array_unref(all_types);
    return result;
}
