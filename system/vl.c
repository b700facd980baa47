/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the command line to a machine that is ready to run: start-up's table of contents. */

#include "qemu/osdep.h"
#include "audio/audio.h"
#include "block/block.h"
#include "chardev/char.h"
#include "exec/address-space.h"
#include "gdbstub/gdbstub.h"
#include "hw/acpi/acpi-table.h"
#include "hw/core/cpu.h"
#include "hw/firmware/smbios.h"
#include "hw/numa.h"
#include "hw/nvram/fw_cfg-options.h"
#include "hw/qdev-properties.h"
#include "migration/blocker.h"
#include "migration/misc.h"
#include "migration/snapshot.h"
#include "monitor/monitor.h"
#include "monitor/qmp.h"
#include "qapi/qapi-commands-misc.h"
#include "qemu/accel.h"
#include "qemu/cutils.h"
#include "qemu/guest-random.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qom/object_interfaces.h"
#include "system/boot-order.h"
#include "system/cpus.h"
#include "system/dump.h"
#include "system/icount.h"
#include "system/kvm.h"
#include "system/memory-failure.h"
#include "system/qtest.h"
#include "system/reset.h"
#include "system/rtc.h"
#include "system/rng.h"
#include "system/runstate.h"
#include "system/system.h"
#include "trace/control.h"
#include "system/blockdev.h"
#include "vl-internal.h"
#include "target/i386/mce.h"

const char *qemu_name;
QemuUUID qemu_uuid;
bool qemu_uuid_set;

static NotifierList machine_done_notifiers = NOTIFIER_LIST_INITIALIZER(machine_done_notifiers);
static NotifierList exit_notifiers = NOTIFIER_LIST_INITIALIZER(exit_notifiers);
static bool machine_done;

void qemu_add_machine_init_done_notifier(Notifier *notify)
{
    notifier_list_add(&machine_done_notifiers, notify);
    if (machine_done) {
        notify->notify(notify, NULL);
    }
}

/* Calls @fn for each item of @items, so that its errors name the option. */
static void for_each_item(GPtrArray *items, void (*fn)(ConfigItem *item, void *opaque),
                          void *opaque)
{
    for (guint i = 0; i < items->len; i++) {
        ConfigItem *item = g_ptr_array_index(items, i);

        loc_push_restore(&item->loc);
        fn(item, opaque);
        loc_pop(&item->loc);
    }
}

/* ---- logging, clocks, names ---- */

static void enable_trace(ConfigItem *item, void *opaque)
{
    trace_opt_parse(item->text, &error_fatal);
}

static void setup_logging(const VMConfig *config)
{
    Location loc;
    int mask = 0;

    if (config->log_mask) {
        vl_push_option(config, QEMU_OPTION_d, &loc);
        mask = qemu_str_to_log_mask(config->log_mask, &error_fatal);
        loc_pop(&loc);
    }
    vl_push_option(config, config->log_file ? QEMU_OPTION_D : QEMU_OPTION_d, &loc);
    qemu_set_log_filename_flags(config->log_file, mask, &error_fatal);
    loc_pop(&loc);
    if (config->log_filter) {
        vl_push_option(config, QEMU_OPTION_dfilter, &loc);
        qemu_set_dfilter_ranges(config->log_filter, &error_fatal);
        loc_pop(&loc);
    }
    for_each_item(config->traces, enable_trace, NULL);
}

static void setup_names(const VMConfig *config)
{
    qemu_name = config->guest_name;
    error_guest_name = config->guest_name;
    qemu_uuid = config->uuid;
    qemu_uuid_set = config->uuid_set;
    migration_set_only_migratable(config->only_migratable);
    if (config->seed_set) {
        g_autofree char *seed = g_strdup_printf("%" PRIu64, config->seed);
        qemu_guest_random_seed_main(seed, &error_fatal);
    }
}

static void setup_rtc(const VMConfig *config)
{
    static const char *const known[] = {"base", "clock", "driftfix", NULL};

    if (!config->rtc) {
        rtc_configure(NULL, NULL, &error_fatal);
        return;
    }
    for (const QDictEntry *e = qdict_first(config->rtc); e; e = qdict_next(config->rtc, e)) {
        if (!g_strv_contains(known, qdict_entry_key(e))) {
            error_report("-rtc: invalid parameter '%s'; accepted: base, clock, driftfix",
                         qdict_entry_key(e));
            exit(1);
        }
    }
    rtc_configure(qdict_get_try_str(config->rtc, "base"), qdict_get_try_str(config->rtc, "clock"),
                  &error_fatal);
    rtc_configure_driftfix(qdict_get_try_str(config->rtc, "driftfix"), &error_fatal);
}

/* ---- objects and devices ---- */

/* Those that are connected to back ends come after these. */
static bool needs_backends(const ConfigItem *item)
{
    static const char *const types[] = {TYPE_RNG_EGD, NULL};
    const char *type = qdict_get_try_str(item->keys, "qom-type");

    return type && g_strv_contains(types, type);
}

/* @opaque: NULL for objects that need no back ends. */
static void create_object(ConfigItem *item, void *opaque)
{
    if (needs_backends(item) != (opaque != NULL)) {
        return;
    }
    if (!user_creatable_add_qdict(item->keys, item->keyval, &error_fatal)) {
        exit(1);
    }
}

static void create_device(ConfigItem *item, void *opaque)
{
    DeviceState *dev = qdev_device_add_from_qdict(item->keys, !item->keyval, &error_fatal);

    object_unref(dev);
}

static void create_audiodev(ConfigItem *item, void *opaque)
{
    audio_be_new_from_arg(item->text, &error_fatal);
}

static void create_debugcon(ConfigItem *item, void *opaque)
{
    Chardev *chr = qemu_chr_new("debugcon", item->text, NULL, &error_fatal);
    g_autoptr(QDict) keys = qdict_new();

    qdict_put_str(keys, "driver", "isa-debugcon");
    qdict_put_str(keys, "chardev", chr->label);
    object_unref(qdev_device_add_from_qdict(keys, false, &error_fatal));
}

static void parse_numa(ConfigItem *item, void *machine)
{
    numa_add_option(machine, item->text, &error_fatal);
}

static void add_smbios(ConfigItem *item, void *machine)
{
    if (smbios_entry_add(item->text, &error_fatal) && !MACHINE_GET_CLASS(machine)->has_smbios) {
        warn_report("ignored: this machine has no SMBIOS tables");
    }
}

static bool has_acpi_tables(MachineState *machine)
{
    g_autofree char *acpi = MACHINE_GET_CLASS(machine)->has_acpi_tables
                                ? object_property_get_str(OBJECT(machine), "acpi", &error_abort)
                                : NULL;

    return acpi && strcmp(acpi, "off");
}

static void add_acpi_table(ConfigItem *item, void *machine)
{
    if (acpi_table_add(item->keys, &error_fatal) && !has_acpi_tables(machine)) {
        warn_report("ignored: this machine has no ACPI tables");
    }
}

static void add_fw_cfg(ConfigItem *item, void *opaque)
{
    fw_cfg_add_option(fw_cfg_find(), item->keys, &error_fatal);
}

static void add_option_rom(ConfigItem *item, void *opaque)
{
    fw_cfg_add_option_rom(fw_cfg_find(), item->keys, &error_fatal);
}

/* ---- the machine ---- */

static void start_accelerator(const VMConfig *config, MachineState *machine)
{
    enable_cpu_pm = config->cpu_pm;
    if (config->icount.on) {
        icount_configure(&config->icount);
    }
    vl_start_accelerator(config, machine);
    if (config->cpu_pm && !kvm_enabled()) {
        warn_report("-overcommit cpu-pm=on is for KVM: without it an idle guest never keeps a "
                    "host CPU");
    }
}

static void build_machine(const VMConfig *config, MachineState *machine)
{
    for_each_item(config->smbios, add_smbios, machine);
    for_each_item(config->acpitables, add_acpi_table, machine);
    machine_run_board_init(machine, config->mem_path, &error_fatal);
    for_each_item(config->fw_cfg, add_fw_cfg, NULL);
    for_each_item(config->option_roms, add_option_rom, NULL);
}

static void machine_complete(const VMConfig *config, MachineState *machine)
{
    BootConfiguration *boot = &machine->boot_config;

    if (boot->once) {
        boot_order_once(boot->once, machine_boot_order(machine));
    }
    phase_advance(PHASE_MACHINE_READY);
    notifier_list_notify(&machine_done_notifiers, NULL);
    machine_done = true;
    accel_setup_post(machine);
    qdev_prop_check_globals();
}

static void start_running(const VMConfig *config)
{
    if (!config->incoming && !config->start_paused) {
        vm_start();
    }
}

/* A state that can be read right now is there when this returns. */
static void start_incoming(const VMConfig *config)
{
    Error *err = NULL;

    if (config->incoming &&
        !qemu_start_incoming_migration(config->incoming, !config->start_paused, true, &err)) {
        error_prepend(&err, "-incoming ");
        error_report_err(err);
        exit(1);
    }
}

static void start_from_snapshot(const VMConfig *config)
{
    Error *err = NULL;
    bool loaded;

    if (config->loadvm && !load_snapshot(config->loadvm, NULL, NULL, &loaded, &err)) {
        error_prepend(&err, "-loadvm %s: ", config->loadvm);
        error_report_err(err);
        exit(1);
    }
}

static void start_gdbserver(const VMConfig *config)
{
    Location loc;

    if (config->gdb) {
        vl_push_option(config,
                       config->places[QEMU_OPTION_gdb].num ? QEMU_OPTION_gdb : QEMU_OPTION_s, &loc);
        gdbserver_start(config->gdb, &error_fatal);
        loc_pop(&loc);
    }
}

static void start_qtest(const VMConfig *config)
{
    Location loc;

    if (config->qtest) {
        vl_push_option(config, QEMU_OPTION_qtest, &loc);
        qtest_server_init(config->qtest, config->qtest_log, &error_fatal);
        loc_pop(&loc);
    }
}

static void init_subsystems(void)
{
    module_call_init(MODULE_INIT_TRACE);
    module_call_init(MODULE_INIT_QOM);
    module_call_init(MODULE_INIT_MIGRATION);
    blockdev_init();
    qemu_add_default_firmwarepath();
}

/* With -preconfig, what x-exit-preconfig goes on with. */
static const VMConfig *delayed_config;

/* From back ends and configuration to a machine that runs. */
static void finish_machine(const VMConfig *config, MachineState *machine)
{
    build_machine(config, machine);
    phase_advance(PHASE_MACHINE_INITIALIZED);
    for_each_item(config->devices, create_device, NULL);
    vl_create_drive_devices();
    for_each_item(config->debugcons, create_debugcon, NULL);
    machine_complete(config, machine);
    if (!config->preconfig) {
        vl_create_monitors(config);
    }
    qemu_system_reset(SHUTDOWN_CAUSE_NONE);
    start_gdbserver(config);
    start_incoming(config);
    start_from_snapshot(config);
    if (!config->preconfig) {
        vl_daemonize_done();
    }
    vl_confine_process(config);
    start_running(config);
}

void qmp_x_exit_preconfig(Error **errp)
{
    const VMConfig *config = g_steal_pointer(&delayed_config);

    if (!config) {
        error_setg(errp, "the machine exists already; only -preconfig delays it");
        return;
    }
    qmp_in_preconfig = false;
    finish_machine(config, MACHINE(qdev_get_machine()));
}

void qemu_init(int argc, char **argv)
{
    MachineState *machine;
    VMConfig *config;
    Error *err = NULL;
    bool done;

    error_init(argv[0]);
    qemu_init_exec_dir(argv[0]);
    init_subsystems();

    monitor_fds_init();
    config = vm_config_new(argc, argv, &done, &err);
    if (!config) {
        if (err) {
            error_report_err(err);
        }
        exit(done ? 0 : 1);
    }
    if (config->daemonize) {
        vl_daemonize();
    }
    qemu_init_main_loop(&error_fatal);
    bql_lock();
    qemu_init_cpu_loop();
    setup_logging(config);
    setup_names(config);
    vl_setup_process(config);
    vl_setup_signals();
    memory_failure_init(x86_cpu_memory_failure);
    setup_rtc(config);

    migration_object_init();
    migration_bitmaps_init();
    if (config->incoming) {
        runstate_set(RUN_STATE_INMIGRATE);
    }
    if (config->incoming || config->loadvm) {
        /*
         * The saved time is there before the devices' own state is: a timer that the reset has
         * set must not expire between the two. vm_start() lets time go on.
         */
        qemu_clock_enable(QEMU_CLOCK_VIRTUAL, false);
    }
    machine = vl_create_machine(config);
    memory_map_init();
    start_accelerator(config, machine);
    phase_advance(PHASE_ACCEL_CREATED);
    vl_set_memory_defaults(config);
    for_each_item(config->objects, create_object, NULL);
    vl_set_machine_properties(config, machine);
    vl_configure_cpus(config, machine);

    monitor_init_globals();
    vl_create_chardevs(config);
    vl_create_drives(config);
    for_each_item(config->audiodevs, create_audiodev, NULL);
    for_each_item(config->objects, create_object, config);
    vl_open_ports(config);
    start_qtest(config);
    phase_advance(PHASE_LATE_BACKENDS_CREATED);
    for_each_item(config->numa, parse_numa, machine);
    if (config->preconfig) {
        vl_create_monitors(config);
        vl_daemonize_done();
        qmp_in_preconfig = true;
        delayed_config = config;
        return;
    }
    finish_machine(config, machine);
}

void qemu_cleanup(int status)
{
    gdbserver_exit(status);
    migration_shutdown();
    dump_shutdown();
    notifier_list_notify(&exit_notifiers, NULL);
    /* vCPUs stop before what they use goes away. */
    vm_shutdown();
    audio_cleanup();
    bdrv_close_all();
    monitor_cleanup();
    qemu_chr_cleanup();
    user_creatable_cleanup();
}
