/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the host has lost: what becomes of it, by whose memory it is and who used it. The
 * kernel's signal is sent by the test to itself.
 */
#include "qemu/osdep.h"
#include <signal.h>
#include <sys/syscall.h>
#include "exec/ramblock.h"
#include "hw/core/cpu.h"
#include "qapi/qmp-event.h"
#include "qobject/qdict.h"
#include "system/cpus.h"
#include "system/memory-failure.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "vcpu-test.h"

#define TYPE_TEST_CPU "failure-test-cpu"
#define RAM_SIZE      (16 * TARGET_PAGE_SIZE)
#define RAM_AT        0x100000

static CPUState *cpu;
static MemoryRegion ram;
static uint8_t *host;
static GString *events;
static GuestMemoryFailure told;
static GuestMemoryFailureResult answer;
static struct sigaction original;

static const TypeInfo types[] = {
    {.name = TYPE_TEST_CPU, .parent = TYPE_CPU, .instance_size = sizeof(CPUState)},
};

DEFINE_TYPES(types)

static GuestMemoryFailureResult tell_guest(CPUState *c, const GuestMemoryFailure *f)
{
    g_assert_true(bql_locked() && c == cpu);
    told = *f;
    return answer;
}

static void on_event(QAPIEvent event, QDict *message)
{
    QDict *data = qdict_get_qdict(message, "data"), *flags = qdict_get_qdict(data, "flags");

    g_assert_cmpstr(qdict_get_str(message, "event"), ==, "MEMORY_FAILURE");
    g_string_append_printf(events, "%s:%s%s%s ", qdict_get_str(data, "recipient"),
                           qdict_get_str(data, "action"),
                           qdict_get_bool(flags, "action-required") ? ":required" : "",
                           qdict_get_bool(flags, "recursive") ? ":recursive" : "");
}

/* As if the calling thread had met the failure of @addr, or were told of it. */
static void fail_memory(void *addr, int code)
{
    siginfo_t info = {.si_signo = SIGBUS, .si_code = code};

    info.si_addr = addr;
    info.si_addr_lsb = 12;
    g_assert_cmpint(
        syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), SIGBUS, &info), ==, 0);
}

static void assert_event(const char *expected)
{
    while (!events->len) {
        main_loop_wait(false);
    }
    g_assert_cmpstr(events->str, ==, expected);
    g_string_truncate(events, 0);
}

static void assert_reset_requested(bool expected)
{
    g_assert_true(qemu_reset_requested_get() == expected);
}

static void fill(uint8_t value)
{
    memset(host, value, RAM_SIZE);
}

/* ---- tests ---- */

static void test_not_used_yet(void)
{
    static uint8_t ours[64];

    fail_memory(ours, BUS_MCEERR_AO);
    assert_event("hypervisor:ignore ");

    answer = GUEST_MEMORY_FAILURE_TOLD;
    fail_memory(host + 3 * TARGET_PAGE_SIZE, BUS_MCEERR_AO);
    assert_event("guest:inject ");
    g_assert_cmphex(told.addr, ==, RAM_AT + 3 * TARGET_PAGE_SIZE);
    g_assert_false(told.consumed);

    answer = GUEST_MEMORY_FAILURE_NOT_READY;
    fail_memory(host, BUS_MCEERR_AO);
    assert_event("guest:ignore ");
    answer = GUEST_MEMORY_FAILURE_BUSY;
    fail_memory(host, BUS_MCEERR_AO);
    assert_event("guest:ignore:recursive ");
    assert_reset_requested(false);
}

static void test_lost_pages_are_replaced_at_reset(void)
{
    fill(0x55);
    answer = GUEST_MEMORY_FAILURE_TOLD;
    fail_memory(host + 5 * TARGET_PAGE_SIZE, BUS_MCEERR_AO);
    assert_event("guest:inject ");
    g_assert_cmphex(host[5 * TARGET_PAGE_SIZE], ==, 0x55);
    qemu_devices_reset(RESET_TYPE_COLD);
    g_assert_cmphex(host[5 * TARGET_PAGE_SIZE], ==, 0);
    g_assert_cmphex(host[4 * TARGET_PAGE_SIZE], ==, 0x55);
}

static void in_translated_code(void *addr)
{
    MemoryFailureContext before = memory_failure_enter(MEMORY_FAILURE_GUEST);

    current_cpu = cpu;
    cpu->exit_request = false;
    bql_unlock();
    fail_memory(addr, BUS_MCEERR_AR);
    bql_lock();
    current_cpu = NULL;
    memory_failure_enter(before);
}

static void test_used_by_translated_code(void)
{
    fill(0x55);
    answer = GUEST_MEMORY_FAILURE_TOLD;
    in_translated_code(host + TARGET_PAGE_SIZE + 8);
    g_assert_true(cpu->exit_request);
    g_assert_cmphex(host[TARGET_PAGE_SIZE], ==, 0);
    g_assert_cmphex(host[0], ==, 0x55);
    assert_event("guest:inject:required ");
    g_assert_cmphex(told.addr, ==, RAM_AT + TARGET_PAGE_SIZE + 8);
    g_assert_true(told.consumed && !told.restartable);
    assert_reset_requested(false);

    answer = GUEST_MEMORY_FAILURE_BUSY;
    in_translated_code(host);
    assert_event("guest:reset:required:recursive ");
    assert_reset_requested(true);
}

static void test_used_in_kvm(void)
{
    fill(0x55);
    answer = GUEST_MEMORY_FAILURE_TOLD;
    current_cpu = cpu;
    memory_failure_enter(MEMORY_FAILURE_KERNEL);
    g_assert_false(memory_failure_was_met());
    fail_memory(host, BUS_MCEERR_AR);
    memory_failure_enter(MEMORY_FAILURE_OWN);
    g_assert_true(memory_failure_was_met());
    g_assert_true(memory_failure_handle_met());
    g_assert_false(memory_failure_was_met() || memory_failure_handle_met());
    current_cpu = NULL;
    assert_event("guest:inject:required ");
    g_assert_true(told.consumed && told.restartable);
    g_assert_cmphex(host[0], ==, 0x55);
}

static void *needs_memory(void *addr)
{
    fail_memory(addr, BUS_MCEERR_AR);
    return NULL;
}

static void assert_default_action(void)
{
    struct sigaction sa;

    sigaction(SIGBUS, NULL, &sa);
    g_assert_true(sa.sa_handler == original.sa_handler);
}

/* There is no handler from here on, so these run in processes of their own. */
static void alone(void (*test)(void))
{
    if (g_test_subprocess()) {
        test();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

static void main_loop_tells(void)
{
    QemuThread thread;

    qemu_thread_create(&thread, "worker", needs_memory, host, QEMU_THREAD_JOINABLE);
    assert_event("hypervisor:fatal:required ");
    qemu_thread_join(&thread);
    assert_default_action();
}

static void test_used_by_us(void)
{
    alone(main_loop_tells);
}

/* As when it drains what the thread is about. */
static void main_loop_waits(void)
{
    QemuThread thread;

    qemu_thread_create(&thread, "worker", needs_memory, host, QEMU_THREAD_JOINABLE);
    qemu_thread_join(&thread);
    assert_event("hypervisor:fatal:required ");
    assert_default_action();
}

static void test_used_by_us_while_main_waits(void)
{
    alone(main_loop_waits);
}

/* What KVM needs for the processor, but is not the guest's memory. */
static void kvm_needs_ours(void)
{
    static uint8_t ours[64];

    current_cpu = cpu;
    memory_failure_enter(MEMORY_FAILURE_KERNEL);
    fail_memory(ours, BUS_MCEERR_AR);
    memory_failure_enter(MEMORY_FAILURE_OWN);
    g_assert_true(memory_failure_handle_met());
    current_cpu = NULL;
    assert_event("hypervisor:fatal:required ");
    assert_default_action();
}

static void test_kvm_needs_ours(void)
{
    alone(kvm_needs_ours);
}

int main(int argc, char **argv)
{
    vcpu_test_init(&argc, &argv);
    events = g_string_new(NULL);
    qapi_event_set_emit(on_event);
    memory_region_init_ram(&ram, NULL, "test-ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), RAM_AT, &ram);
    host = memory_region_get_ram_ptr(&ram);
    cpu = CPU(object_new(TYPE_TEST_CPU));
    cpu_list_add(cpu);
    sigaction(SIGBUS, NULL, &original);
    memory_failure_init(tell_guest);

    g_test_add_func("/memory-failure/not-used-yet", test_not_used_yet);
    g_test_add_func("/memory-failure/replaced-at-reset", test_lost_pages_are_replaced_at_reset);
    g_test_add_func("/memory-failure/translated-code", test_used_by_translated_code);
    g_test_add_func("/memory-failure/kvm", test_used_in_kvm);
    g_test_add_func("/memory-failure/kvm-needs-ours", test_kvm_needs_ours);
    g_test_add_func("/memory-failure/us", test_used_by_us);
    g_test_add_func("/memory-failure/us-while-main-waits", test_used_by_us_while_main_waits);
    return g_test_run();
}
