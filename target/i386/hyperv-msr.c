/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of the Hyper-V interface where TCG runs the guest: hypercall page,
 * time, processor index, reset (TLFS 3.13, 7.8.1, 12.4, 2.6).
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "exec/address-space.h"
#include "system/runstate.h"
#include "target/i386/hyperv.h"
#include "target/i386/tcg/mmu.h"

#define HV_PAGE_ENABLE  1ull
#define HV_PAGE_LOCKED  2ull /* of the hypercall page: stays as it is until reset */
#define HV_RESET_SYSTEM 1ull

static void write_guest_page(CPUX86State *env, uint64_t msr, const void *buf, size_t len)
{
    address_space_write(x86_address_space(env), msr & TARGET_PAGE_MASK, x86_mem_attrs(env), buf,
                        len);
}

/*
 * There is no hypercall that would do something, so the page answers by itself:
 * HV_STATUS_INVALID_HYPERCALL_CODE in RAX, EDX:EAX for 32-bit callers.
 */
static void write_hypercall(CPUX86State *env, uint64_t val)
{
    static const uint8_t code[] = {
        0xb8, 2,    0, 0, 0, /* mov $2, %eax */
        0x31, 0xd2,          /* xor %edx, %edx */
        0xc3,                /* ret */
    };

    /* Who does not say what it is cannot have the page. */
    if (env->hv_guest_os_id == 0 || (env->hv_hypercall & HV_PAGE_LOCKED)) {
        return;
    }
    env->hv_hypercall = val;
    if (val & HV_PAGE_ENABLE) {
        write_guest_page(env, val, code, sizeof(code));
    }
}

/* Sequence 0: the page is of no use now, ask TIME_REF_COUNT, which costs little here. */
static void write_reference_tsc(CPUX86State *env, uint64_t val)
{
    static const uint8_t no_sequence[24];

    env->hv_reference_tsc = val;
    if (val & HV_PAGE_ENABLE) {
        write_guest_page(env, val, no_sequence, sizeof(no_sequence));
    }
}

/* Of the page only the flag that an EOI may be left out is ours; it stays 0. */
static void write_vp_assist_page(CPUX86State *env, uint64_t val)
{
    static const uint32_t no_lazy_eoi;

    env->hv_vp_assist_page = val;
    if (val & HV_PAGE_ENABLE) {
        write_guest_page(env, val, &no_lazy_eoi, sizeof(no_lazy_eoi));
    }
}

bool x86_hyperv_rdmsr(CPUX86State *env, uint32_t index, uint64_t *val)
{
    if (!x86_hyperv_has_msr(env_archcpu(env), index)) {
        return false;
    }
    switch (index) {
    case HV_GUEST_OS_ID:
        *val = env->hv_guest_os_id;
        break;
    case HV_HYPERCALL:
        *val = env->hv_hypercall;
        break;
    case HV_VP_INDEX:
        *val = env_cpu(env)->cpu_index;
        break;
    case HV_TIME_REF_COUNT:
        *val = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / 100;
        break;
    case HV_REFERENCE_TSC:
        *val = env->hv_reference_tsc;
        break;
    case HV_VP_ASSIST_PAGE:
        *val = env->hv_vp_assist_page;
        break;
    default:
        *val = 0;
        break;
    }
    return true;
}

bool x86_hyperv_wrmsr(CPUX86State *env, uint32_t index, uint64_t val)
{
    if (!x86_hyperv_has_msr(env_archcpu(env), index)) {
        return false;
    }
    switch (index) {
    case HV_GUEST_OS_ID:
        env->hv_guest_os_id = val;
        if (val == 0) {
            env->hv_hypercall &= ~HV_PAGE_ENABLE;
        }
        return true;
    case HV_HYPERCALL:
        write_hypercall(env, val);
        return true;
    case HV_REFERENCE_TSC:
        write_reference_tsc(env, val);
        return true;
    case HV_VP_ASSIST_PAGE:
        write_vp_assist_page(env, val);
        return true;
    case HV_RESET:
        if (val & HV_RESET_SYSTEM) {
            qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        }
        return true;
    default:
        return false; /* the others are read-only */
    }
}
