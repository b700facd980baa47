/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPU threads with an accelerator that "runs" a guest by counting: pause and
 * resume, kicks, work, exclusive sections, halt and wake-up, the virtual clock;
 * and the requests that the main loop carries out.
 */
#include "qemu/osdep.h"
#include "qapi/qmp-event.h"
#include "qemu/accel.h"
#include "qemu/timer.h"
#include "qobject/qdict.h"
#include "system/accel-ops.h"
#include "system/cpus.h"
#include "system/reset.h"
#include "system/runstate-action.h"
#include "system/runstate.h"
#include "vcpu-test.h"

#define TYPE_TEST_CPU "test-cpu"
#define NCPUS         3

typedef struct TestCPU {
    CPUState parent_obj;
    uint64_t steps;
    bool halt; /* execute HLT next */
    bool stop_vm;
    bool in_guest; /* running also tells of a vCPU that is about to find it must wait */
    int map_changes;
} TestCPU;

static TestCPU *cpus[NCPUS];

/* ---- the processor ---- */

static void test_cpu_exec(TestCPU *tc)
{
    CPUState *cpu = CPU(tc);

    cpu_exec_start(cpu);
    qatomic_set(&tc->in_guest, true);
    while (!qatomic_load_acquire(&cpu->exit_request)) {
        qatomic_set(&tc->steps, tc->steps + 1);
        if (qatomic_xchg(&tc->halt, false)) {
            qatomic_set(&cpu->halted, 1);
            break;
        }
        if (qatomic_xchg(&tc->stop_vm, false)) {
            bql_lock();
            vm_stop(RUN_STATE_PAUSED);
            bql_unlock();
            break;
        }
        g_thread_yield();
    }
    qatomic_set(&tc->in_guest, false);
    cpu_exec_end(cpu);
    qatomic_set_mb(&cpu->exit_request, false);
}

static void *test_cpu_thread(void *opaque)
{
    CPUState *cpu = opaque;

    rcu_register_thread();
    bql_lock();
    qemu_thread_get_self(cpu->thread);
    current_cpu = cpu;
    cpu_thread_signal_created(cpu);
    do {
        if (cpu_can_run(cpu) && !cpu->halted) {
            bql_unlock();
            test_cpu_exec(opaque);
            bql_lock();
        }
        if (cpu->halted && cpu_has_work(cpu)) {
            cpu_reset_interrupt(cpu, CPU_INTERRUPT_HARD);
            qatomic_set(&cpu->halted, 0);
        }
        qemu_wait_io_event(cpu);
    } while (!cpu->unplug || cpu_can_run(cpu));
    cpu_thread_signal_destroyed(cpu);
    bql_unlock();
    rcu_unregister_thread();
    return NULL;
}

static void test_create_thread(CPUState *cpu)
{
    qemu_thread_create(cpu->thread, "CPU/test", test_cpu_thread, cpu, QEMU_THREAD_JOINABLE);
}

static void test_map_changed(CPUState *cpu, int asidx)
{
    ((TestCPU *)cpu)->map_changes++;
}

static void test_ops_class_init(ObjectClass *klass, const void *data)
{
    AccelOpsClass *ops = ACCEL_OPS_CLASS(klass);

    ops->create_vcpu_thread = test_create_thread;
    ops->kick_vcpu_thread = cpu_exit;
    ops->memory_map_changed = test_map_changed;
}

static bool test_available(Error **errp)
{
    error_setg(errp, "never works; use another");
    return false;
}

static bool test_allowed;

static void test_accel_class_init(ObjectClass *klass, const void *data)
{
    AccelClass *ac = ACCEL_CLASS(klass);

    ac->name = "counting";
    ac->allowed = &test_allowed;
}

static void broken_accel_class_init(ObjectClass *klass, const void *data)
{
    AccelClass *ac = ACCEL_CLASS(klass);

    ac->name = "broken";
    ac->available = test_available;
}

static bool test_cpu_has_work(CPUState *cpu)
{
    return cpu_test_interrupt(cpu, CPU_INTERRUPT_HARD);
}

static DeviceRealize parent_realize;

static void test_cpu_realize(DeviceState *dev, Error **errp)
{
    CPUState *cpu = CPU(dev);

    if (cpu_exec_realizefn(cpu, errp)) {
        qemu_init_vcpu(cpu);
        parent_realize(dev, errp);
    }
}

static ObjectClass *test_cpu_by_name(const char *model)
{
    return g_str_equal(model, "counter") ? object_class_by_name("counter-" TYPE_TEST_CPU) : NULL;
}

static void test_cpu_class_init(ObjectClass *klass, const void *data)
{
    CPUClass *cc = CPU_CLASS(klass);

    cc->has_work = test_cpu_has_work;
    cc->class_by_name = test_cpu_by_name;
    device_class_set_parent_realize(DEVICE_CLASS(klass), test_cpu_realize, &parent_realize);
}

static const TypeInfo types[] = {
    {.name = TYPE_TEST_CPU,
     .parent = TYPE_CPU,
     .instance_size = sizeof(TestCPU),
     .abstract = true,
     .class_init = test_cpu_class_init},
    {.name = "counter-" TYPE_TEST_CPU, .parent = TYPE_TEST_CPU},
    {.name = ACCEL_CLASS_NAME("counting"),
     .parent = TYPE_ACCEL,
     .class_init = test_accel_class_init},
    {.name = ACCEL_CLASS_NAME("broken"),
     .parent = TYPE_ACCEL,
     .class_init = broken_accel_class_init},
    {.name = ACCEL_OPS_NAME("counting"),
     .parent = TYPE_ACCEL_OPS,
     .class_init = test_ops_class_init},
};

DEFINE_TYPES(types)

/* ---- helpers ---- */

/* Waits (BQL dropped meanwhile) until @cond holds. */
#define WAIT_FOR(cond)                                                                             \
    do {                                                                                           \
        while (!(cond)) {                                                                          \
            bql_unlock();                                                                          \
            g_usleep(1000);                                                                        \
            bql_lock();                                                                            \
        }                                                                                          \
    } while (0)

static void assert_runs(TestCPU *tc)
{
    uint64_t steps = qatomic_read(&tc->steps);

    WAIT_FOR(qatomic_read(&tc->steps) != steps);
}

static void assert_stands(TestCPU *tc)
{
    uint64_t steps = qatomic_read(&tc->steps);

    bql_unlock();
    g_usleep(5000);
    bql_lock();
    g_assert_cmpuint(qatomic_read(&tc->steps), ==, steps);
}

/* ---- tests ---- */

static void test_accel(void)
{
    g_auto(GStrv) names = accel_list_names();
    g_autoptr(Object) broken = object_new(ACCEL_CLASS_NAME("broken"));
    Object *accel = object_new(ACCEL_CLASS_NAME("counting"));
    Error *err = NULL;

    g_assert_true(g_strv_contains((const char *const *)names, "broken"));
    g_assert_null(accel_find("nonsense"));
    g_assert_false(accel_available("nonsense", &err));
    error_free_or_abort(&err);
    g_assert_cmpint(accel_init_machine(ACCEL(broken), NULL, &err), <, 0);
    g_assert_cmpstr(error_get_pretty(err), ==, "never works; use another");
    error_free(err);
    g_assert_null(current_accel());

    g_assert_cmpint(accel_init_machine(ACCEL(accel), NULL, &error_abort), ==, 0);
    g_assert_true(test_allowed);
    g_assert_cmpstr(current_accel_name(), ==, "counting");
    accel_init_interfaces(accel_find("counting"), TYPE_TEST_CPU);
}

static void test_model_names(void)
{
    Error *err = NULL;

    g_assert_cmpstr(parse_cpu_option_for_type(TYPE_TEST_CPU, "counter", &error_abort), ==,
                    "counter-" TYPE_TEST_CPU);
    g_assert_null(parse_cpu_option_for_type(TYPE_TEST_CPU, "countr", &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "unable to find CPU model 'countr'");
    error_free_or_abort(&err);
    g_assert_null(parse_cpu_option_for_type(TYPE_TEST_CPU, "counter,x=on", &err));
    error_free_or_abort(&err);
}

static void test_create(void)
{
    for (int i = 0; i < NCPUS; i++) {
        cpus[i] = (TestCPU *)cpu_create("counter-" TYPE_TEST_CPU, &error_abort);
        g_assert_cmpint(CPU(cpus[i])->cpu_index, ==, i);
        g_assert_true(CPU(cpus[i])->created && CPU(cpus[i])->stopped);
        g_assert_cmpint(CPU(cpus[i])->thread_id, >, 0);
        assert_stands(cpus[i]);
    }
    g_assert_true(qemu_get_cpu(1) == CPU(cpus[1]));
    g_assert_null(qemu_get_cpu(NCPUS));
}

static void test_pause_resume(void)
{
    vm_start();
    g_assert_true(runstate_is_running());
    for (int i = 0; i < NCPUS; i++) {
        assert_runs(cpus[i]);
    }
    for (int n = 0; n < 20; n++) {
        vm_stop(RUN_STATE_PAUSED);
        g_assert_true(runstate_check(RUN_STATE_PAUSED));
        for (int i = 0; i < NCPUS; i++) {
            g_assert_true(cpu_is_stopped(CPU(cpus[i])));
        }
        vm_start();
    }
    for (int i = 0; i < NCPUS; i++) {
        assert_runs(cpus[i]);
    }
}

static void test_clock(void)
{
    int64_t a, b, t;

    a = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    g_usleep(2000);
    b = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    g_assert_cmpint(b - a, >=, 2000000);
    vm_stop(RUN_STATE_PAUSED);
    a = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    t = cpu_get_ticks();
    g_usleep(2000);
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ==, a);
    g_assert_cmpint(cpu_get_ticks(), ==, t);
    vm_start();
    b = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    g_assert_cmpint(b, >=, a);
    g_assert_cmpint(b - a, <, 1000000000);
    g_assert_cmpint(cpu_get_ticks(), >=, t);
}

static void note_self(CPUState *cpu, run_on_cpu_data data)
{
    g_assert_true(bql_locked() && qemu_cpu_is_self(cpu));
    *(int *)data.host_ptr += 1;
}

static void note_alone(CPUState *cpu, run_on_cpu_data data)
{
    CPUState *other;

    g_assert_false(bql_locked());
    g_assert_true(cpu_in_exclusive_context(cpu));
    CPU_FOREACH (other) {
        g_assert_false(qatomic_read(&((TestCPU *)other)->in_guest));
    }
    qatomic_inc((int *)data.host_ptr);
}

/* Work for a sleeping vCPU from a thread that has no lock at all. */
static void *async_thread(void *opaque)
{
    for (int i = 0; i < 200; i++) {
        async_run_on_cpu(CPU(cpus[i % NCPUS]), note_self, RUN_ON_CPU_HOST_PTR(opaque));
        async_safe_run_on_cpu(CPU(cpus[i % NCPUS]), note_alone,
                              RUN_ON_CPU_HOST_PTR((int *)opaque + 1));
    }
    return NULL;
}

static void test_work(void)
{
    int count[2] = {0};
    QemuThread thread;

    for (int i = 0; i < NCPUS; i++) {
        run_on_cpu(CPU(cpus[i]), note_self, RUN_ON_CPU_HOST_PTR(count));
    }
    g_assert_cmpint(count[0], ==, NCPUS);
    vm_stop(RUN_STATE_PAUSED);
    run_on_cpu(CPU(cpus[0]), note_self, RUN_ON_CPU_HOST_PTR(count));
    g_assert_cmpint(count[0], ==, NCPUS + 1);
    vm_start();

    /* One of them asleep. */
    qatomic_set(&cpus[2]->halt, true);
    WAIT_FOR(qatomic_read(&CPU(cpus[2])->halted));
    count[0] = 0;
    qemu_thread_create(&thread, "async", async_thread, count, QEMU_THREAD_JOINABLE);
    WAIT_FOR(count[0] == 200 && qatomic_read(&count[1]) == 200);
    qemu_thread_join(&thread);
    cpu_interrupt(CPU(cpus[2]), CPU_INTERRUPT_HARD);
    assert_runs(cpus[2]);
}

static void test_exclusive(void)
{
    for (int n = 0; n < 200; n++) {
        CPUState *cpu;

        bql_unlock();
        start_exclusive();
        CPU_FOREACH (cpu) {
            g_assert_false(qatomic_read(&((TestCPU *)cpu)->in_guest));
        }
        end_exclusive();
        bql_lock();
    }
    assert_runs(cpus[0]);
}

static void test_halt(void)
{
    CPUState *cpu = CPU(cpus[0]);

    for (int n = 0; n < 50; n++) {
        qatomic_set(&cpus[0]->halt, true);
        WAIT_FOR(qatomic_read(&cpu->halted));
        assert_stands(cpus[0]);
        g_assert_true(cpu_thread_is_idle(cpu));
        cpu_interrupt(cpu, CPU_INTERRUPT_HARD);
        WAIT_FOR(!qatomic_read(&cpu->halted));
        assert_runs(cpus[0]);
        n += 9;
    }
    g_assert_cmphex(cpu->interrupt_request, ==, 0);
}

static void test_map_changes(void)
{
    MemoryRegion *ram = region_new();
    int before = cpus[1]->map_changes;

    memory_region_init_ram(ram, NULL, "ram", 0x1000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, ram);
    g_assert_cmpint(cpus[1]->map_changes, ==, before + 1);
    address_space_stl(CPU(cpus[1])->as, 0x10, 0x1234, ATTRS, NULL);
    g_assert_cmphex(address_space_ldl(&address_space_memory, 0x10, ATTRS, NULL), ==, 0x1234);
    memory_region_del_subregion(get_system_memory(), ram);
    g_assert_cmpint(cpus[1]->map_changes, ==, before + 2);
    region_free(ram);
}

static void test_breakpoints(void)
{
    CPUState *cpu = CPU(cpus[0]);
    CPUBreakpoint *bp;

    cpu_breakpoint_insert(cpu, 0x1000, BP_CPU, NULL);
    cpu_breakpoint_insert(cpu, 0x1000, BP_GDB, &bp);
    g_assert_true(QTAILQ_FIRST(&cpu->breakpoints) == bp);
    g_assert_true(cpu_breakpoint_test(cpu, 0x1000, BP_GDB));
    g_assert_cmpint(cpu_breakpoint_remove(cpu, 0x1000, BP_GDB), ==, 0);
    g_assert_cmpint(cpu_breakpoint_remove(cpu, 0x1000, BP_GDB), ==, -ENOENT);
    cpu_breakpoint_remove_all(cpu, BP_ANY);
    g_assert_false(cpu_breakpoint_test(cpu, 0x1000, BP_ANY));

    g_assert_cmpint(cpu_watchpoint_insert(cpu, 1, 0, BP_GDB, NULL), ==, -EINVAL);
    g_assert_cmpint(cpu_watchpoint_insert(cpu, UINT64_MAX - 3, 4, BP_GDB | BP_MEM_WRITE, NULL), ==,
                    0);
    g_assert_cmphex(cpu_watchpoint_address_matches(cpu, UINT64_MAX, 1), ==, BP_GDB | BP_MEM_WRITE);
    g_assert_cmphex(cpu_watchpoint_address_matches(cpu, UINT64_MAX - 4, 1), ==, 0);
    cpu_watchpoint_remove_all(cpu, BP_GDB);
}

/* ---- requests ---- */

static GString *event_log;

#define EVENT(...)                                                                                 \
    do {                                                                                           \
        if (event_log->len) {                                                                      \
            g_string_append_c(event_log, ' ');                                                     \
        }                                                                                          \
        g_string_append_printf(event_log, __VA_ARGS__);                                            \
    } while (0)

static void on_event(QAPIEvent event, QDict *message)
{
    const QDict *data = qdict_get_qdict(message, "data");
    const char *detail = NULL;

    if (data) {
        detail = qdict_get_try_str(data, "reason");
        detail = detail ? detail : qdict_get_try_str(data, "action");
    }
    EVENT("%s%s%s%s", qdict_get_str(message, "event"), detail ? ":" : "", detail ? detail : "",
          data && qdict_get_try_bool(data, "guest", false) ? "!" : "");
}

#define assert_events(expected)                                                                    \
    do {                                                                                           \
        g_assert_cmpstr(event_log->str, ==, expected);                                             \
        g_string_truncate(event_log, 0);                                                           \
    } while (0)

/* One round of the main loop's service; false if the process would go on. */
static bool service(int *status)
{
    main_loop_wait(true);
    return main_loop_should_exit(status);
}

static int resets;

static void count_reset(void *opaque)
{
    resets++;
}

/* What a machine does, of which there is none here. */
static void reset_devices(ShutdownCause cause)
{
    qemu_devices_reset(RESET_TYPE_COLD);
}

static void wake_devices(void)
{
    qemu_devices_reset(RESET_TYPE_WAKEUP);
}

static const MachineRunHooks run_hooks = {.reset = reset_devices, .wakeup = wake_devices};

static void test_requests(void)
{
    int status = 77;

    event_log = g_string_new(NULL);
    qapi_event_set_emit(on_event);
    qemu_register_reset(count_reset, NULL);
    qemu_set_machine_run_hooks(&run_hooks);

    g_assert_false(service(&status));
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    g_assert_false(service(&status));
    assert_events("RESET:guest-reset!");
    g_assert_cmpint(resets, ==, 1);
    assert_runs(cpus[0]);

    qemu_system_powerdown_request();
    g_assert_false(service(&status));
    assert_events("POWERDOWN");

    /* From a vCPU's thread. */
    qatomic_set(&cpus[1]->stop_vm, true);
    while (runstate_is_running()) {
        bql_unlock();
        g_usleep(1000);
        bql_lock();
        service(&status);
    }
    g_assert_true(runstate_check(RUN_STATE_PAUSED));
    assert_events("STOP");
    assert_stands(cpus[0]);
    vm_start();
    assert_events("RESUME");

    qemu_system_suspend_request();
    g_assert_false(service(&status));
    assert_events("SUSPEND");
    g_assert_true(runstate_check(RUN_STATE_SUSPENDED));
    assert_stands(cpus[0]);
    vm_stop(RUN_STATE_PAUSED);
    vm_start();
    g_assert_true(runstate_check(RUN_STATE_SUSPENDED)); /* goes on where it was */
    g_string_truncate(event_log, 0);
    qemu_system_wakeup_request(QEMU_WAKEUP_REASON_RTC, &error_abort);
    g_assert_false(service(&status));
    assert_events("WAKEUP");
    assert_runs(cpus[0]);

    qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    g_assert_true(service(&status));
    assert_events("SHUTDOWN:guest-shutdown!");
    g_assert_cmpint(status, ==, 0);
}

static void test_actions(void)
{
    Error *err = NULL;
    int status = 0;

    g_assert_false(run_action_set("reboot", "explode", &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "reboot=explode is not possible; accepted are reset, shutdown");
    error_free_or_abort(&err);
    g_assert_false(run_action_set("panics", "none", &err));
    error_free_or_abort(&err);

    /* -no-reboot */
    g_assert_true(run_action_set("reboot", "shutdown", &error_abort));
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    g_assert_true(service(&status));
    assert_events("SHUTDOWN:guest-reset!");
    g_assert_true(run_action_set("reboot", "reset", &error_abort));

    /* -no-shutdown */
    g_assert_true(run_action_set("shutdown", "pause", &error_abort));
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    g_assert_false(service(&status));
    assert_events("SHUTDOWN:guest-shutdown! STOP");
    g_assert_true(runstate_check(RUN_STATE_SHUTDOWN) && runstate_needs_reset());
    qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    g_assert_false(service(&status));
    assert_events("RESET:host-qmp-system-reset");
    g_assert_true(runstate_check(RUN_STATE_PRELAUNCH));
    vm_start();
    assert_events("RESUME");
    g_assert_true(run_action_set("shutdown", "poweroff", &error_abort));

    g_assert_true(run_action_set("panic", "pause", &error_abort));
    qemu_system_guest_panicked(NULL);
    assert_events("GUEST_PANICKED:pause STOP");
    g_assert_true(runstate_check(RUN_STATE_GUEST_PANICKED));
    vm_start();
    g_assert_true(run_action_set("panic", "exit-failure", &error_abort));
    qemu_system_guest_panicked(g_new0(GuestPanicInformation, 1));
    g_assert_true(service(&status));
    g_assert_cmpint(status, ==, EXIT_FAILURE);
    assert_events("RESUME GUEST_PANICKED:poweroff STOP SHUTDOWN:guest-panic!");
    vm_start();
    assert_events("RESUME");

    g_assert_true(run_action_set("watchdog", "pause", &error_abort));
    g_assert_cmpstr(run_action_str("watchdog"), ==, "pause");
    watchdog_perform_action();
    g_assert_false(service(&status));
    g_assert_true(runstate_check(RUN_STATE_WATCHDOG));
    assert_events("WATCHDOG:pause STOP");
    vm_start();
    assert_events("RESUME");
}

static GString *handler_log;

static void on_change(void *opaque, bool running, RunState state)
{
    g_string_append_printf(handler_log, "%s%c ", (char *)opaque, running ? '+' : '-');
}

static void test_change_handlers(void)
{
    VMChangeStateEntry *e[3];

    handler_log = g_string_new(NULL);
    e[0] = qemu_add_vm_change_state_handler_prio(on_change, (void *)"late", 10);
    e[1] = qemu_add_vm_change_state_handler(on_change, (void *)"a");
    e[2] = qemu_add_vm_change_state_handler(on_change, (void *)"b");
    vm_stop(RUN_STATE_PAUSED);
    vm_start();
    g_assert_cmpstr(handler_log->str, ==, "late- b- a- a+ b+ late+ ");
    for (int i = 0; i < 3; i++) {
        qemu_del_vm_change_state_handler(e[i]);
    }
    g_string_free(handler_log, TRUE);
}

static void test_transitions(void)
{
    RunState state;

    g_assert_true(runstate_transition_allowed(RUN_STATE_PRELAUNCH, RUN_STATE_RUNNING));
    g_assert_true(runstate_transition_allowed(RUN_STATE_RUNNING, RUN_STATE_DEBUG));
    g_assert_false(runstate_transition_allowed(RUN_STATE_INTERNAL_ERROR, RUN_STATE_RUNNING));
    g_assert_false(runstate_transition_allowed(RUN_STATE__MAX, RUN_STATE_RUNNING));
    for (int i = 0; i < RUN_STATE__MAX; i++) {
        g_assert_true(runstate_from_str(RunState_str(i), &state) && (int)state == i);
    }
    g_assert_false(runstate_from_str("dancing", &state));
}

static void test_remove(void)
{
    CPUState *cpu = CPU(cpus[2]);
    unsigned generation = cpu_list_generation_id_get();

    cpu_remove_sync(cpu);
    g_assert_false(cpu->created);
    object_unparent(OBJECT(cpu));
    object_unref(OBJECT(cpu));
    g_assert_null(qemu_get_cpu(2));
    g_assert_cmpuint(cpu_list_generation_id_get(), !=, generation);
    assert_runs(cpus[0]);
    for (int i = 0; i < 2; i++) {
        cpu_remove_sync(CPU(cpus[i]));
    }
}

int main(int argc, char **argv)
{
    vcpu_test_init(&argc, &argv);
    g_test_add_func("/vcpu/accel", test_accel);
    g_test_add_func("/vcpu/model-names", test_model_names);
    g_test_add_func("/vcpu/create", test_create);
    g_test_add_func("/vcpu/pause-resume", test_pause_resume);
    g_test_add_func("/vcpu/clock", test_clock);
    g_test_add_func("/vcpu/work", test_work);
    g_test_add_func("/vcpu/exclusive", test_exclusive);
    g_test_add_func("/vcpu/halt", test_halt);
    g_test_add_func("/vcpu/map-changes", test_map_changes);
    g_test_add_func("/vcpu/breakpoints", test_breakpoints);
    g_test_add_func("/vcpu/requests", test_requests);
    g_test_add_func("/vcpu/actions", test_actions);
    g_test_add_func("/vcpu/change-handlers", test_change_handlers);
    g_test_add_func("/vcpu/transitions", test_transitions);
    g_test_add_func("/vcpu/remove", test_remove);
    return g_test_run();
}
