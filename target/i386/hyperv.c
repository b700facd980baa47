/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hyper-V interface: which parts a CPU has, and the CPUID leaves that say so (TLFS 2.4). */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "target/i386/hyperv.h"

typedef struct HypervSwitch {
    const char *name;
    uint64_t feature, needs;
    /* Bits of leaves 40000003H (EAX, EDX) and 40000004H (EAX). */
    uint32_t access, misc, hints;
} HypervSwitch;

static const HypervSwitch switches[] = {
    {"hv-relaxed", HV_FEAT(RELAXED), 0, 0, 0, 1u << 5},
    {"hv-vapic", HV_FEAT(VAPIC), 0, 1u << 4, 0, 1u << 3},
    {"hv-time", HV_FEAT(TIME), 0, 1u << 1 | 1u << 9, 0, 0},
    {"hv-crash", HV_FEAT(CRASH), 0, 0, 1u << 10, 0},
    {"hv-reset", HV_FEAT(RESET), 0, 1u << 7, 0, 0},
    {"hv-vpindex", HV_FEAT(VPINDEX), 0, 1u << 6, 0, 0},
    {"hv-runtime", HV_FEAT(RUNTIME), 0, 1u << 0, 0, 0},
    {"hv-synic", HV_FEAT(SYNIC), HV_FEAT(VPINDEX), 0, 0, 0},
    {"hv-stimer", HV_FEAT(STIMER), HV_FEAT(SYNIC) | HV_FEAT(TIME), 0, 0, 0},
    {"hv-frequencies", HV_FEAT(FREQUENCIES), 0, 1u << 11, 1u << 8, 0},
    {"hv-reenlightenment", HV_FEAT(REENLIGHTENMENT), 0, 0, 0, 0},
    {"hv-tlbflush", HV_FEAT(TLBFLUSH), HV_FEAT(VPINDEX), 0, 0, 1u << 2 | 1u << 11},
    {"hv-evmcs", HV_FEAT(EVMCS), HV_FEAT(VAPIC), 0, 0, 0},
    {"hv-ipi", HV_FEAT(IPI), HV_FEAT(VPINDEX), 0, 0, 1u << 10 | 1u << 11},
    {"hv-stimer-direct", HV_FEAT(STIMER_DIRECT), HV_FEAT(STIMER), 0, 0, 0},
    {"hv-avic", HV_FEAT(AVIC), 0, 0, 0, 1u << 9},
    {"hv-syndbg", HV_FEAT(SYNDBG), HV_FEAT(SYNIC), 0, 0, 0},
    {"hv-emsr-bitmap", HV_FEAT(MSR_BITMAP), HV_FEAT(EVMCS), 0, 0, 0},
    {"hv-xmm-input", HV_FEAT(XMM_INPUT), 0, 0, 0, 0},
    {"hv-tlbflush-ext", HV_FEAT(TLBFLUSH_EXT), HV_FEAT(TLBFLUSH), 0, 0, 0},
    {"hv-tlbflush-direct", HV_FEAT(TLBFLUSH_DIRECT), HV_FEAT(VAPIC), 0, 0, 0},
};

bool x86_hyperv_enabled(const X86CPU *cpu)
{
    return cpu->hyperv_features != 0 ||
           cpu->hyperv_spinlock_attempts != HYPERV_SPINLOCK_NEVER_NOTIFY;
}

bool x86_hyperv_has_msr(const X86CPU *cpu, uint32_t index)
{
    switch (index) {
    case HV_GUEST_OS_ID:
    case HV_HYPERCALL:
    case HV_VP_ASSIST_PAGE: /* Linux sets it up whatever the access bits say */
        return x86_hyperv_enabled(cpu);
    case HV_VP_INDEX:
        return cpu->hyperv_features & HV_FEAT(VPINDEX);
    case HV_RESET:
        return cpu->hyperv_features & HV_FEAT(RESET);
    case HV_TIME_REF_COUNT:
    case HV_REFERENCE_TSC:
        return cpu->hyperv_features & HV_FEAT(TIME);
    default:
        return false;
    }
}

static const char *first_name(uint64_t features)
{
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        if (switches[i].feature & features) {
            return switches[i].name;
        }
    }
    return "?";
}

static bool drop_unavailable(X86CPU *cpu, uint64_t available, const char *accel, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        const HypervSwitch *sw = &switches[i];

        if (!(cpu->hyperv_features & sw->feature & ~available)) {
            continue;
        }
        if (cpu->enforce_cpuid) {
            error_setg(errp, "%s=on is not available: %s does not support it", sw->name, accel);
            return false;
        }
        if (cpu->check_cpuid) {
            warn_report_once("%s=on is not available: %s does not support it", sw->name, accel);
        }
    }
    cpu->hyperv_features &= available;
    if (!available && cpu->hyperv_spinlock_attempts != HYPERV_SPINLOCK_NEVER_NOTIFY) {
        warn_report_once("hv-spinlocks=0x%x is without effect: %s does not support the interface",
                         cpu->hyperv_spinlock_attempts, accel);
        cpu->hyperv_spinlock_attempts = HYPERV_SPINLOCK_NEVER_NOTIFY;
    }
    return true;
}

bool x86_hyperv_resolve(X86CPU *cpu, uint64_t available, const char *accel, Error **errp)
{
    if (cpu->hyperv_passthrough) {
        cpu->hyperv_features |= available;
    }
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        uint64_t missing = switches[i].needs & ~cpu->hyperv_features;

        if ((cpu->hyperv_features & switches[i].feature) && missing) {
            error_setg(errp, "%s=on needs %s=on", switches[i].name, first_name(missing));
            return false;
        }
    }
    if (cpu->hyperv_vendor && strlen(cpu->hyperv_vendor) > 12) {
        error_setg(errp, "hv-vendor-id=%s is too long: 12 characters are possible",
                   cpu->hyperv_vendor);
        return false;
    }
    return drop_unavailable(cpu, available, accel, errp);
}

static void vendor_leaf(const X86CPU *cpu, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                        uint32_t *edx)
{
    const char *vendor = cpu->hyperv_vendor ? cpu->hyperv_vendor : "Microsoft Hv";
    char text[12] = {};

    memcpy(text, vendor, MIN(strlen(vendor), sizeof(text)));
    *eax = 0x40000006;
    memcpy(ebx, text, 4);
    memcpy(ecx, text + 4, 4);
    memcpy(edx, text + 8, 4);
}

static uint32_t gather(const X86CPU *cpu, size_t field)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        if (cpu->hyperv_features & switches[i].feature) {
            bits |= *(const uint32_t *)((const uint8_t *)&switches[i] + field);
        }
    }
    return bits;
}

bool x86_hyperv_cpuid(X86CPU *cpu, uint32_t index, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                      uint32_t *edx)
{
    switch (index) {
    case 0x40000000:
        vendor_leaf(cpu, eax, ebx, ecx, edx);
        return true;
    case 0x40000001:
        *eax = 0x31237648; /* "Hv#1" */
        return true;
    case 0x40000002:
        *eax = cpu->hyperv_ver_id_build;
        *ebx = (uint32_t)cpu->hyperv_ver_id_major << 16 | cpu->hyperv_ver_id_minor;
        *ecx = cpu->hyperv_ver_id_sp;
        *edx = (uint32_t)cpu->hyperv_ver_id_sb << 24 | (cpu->hyperv_ver_id_sn & 0xffffff);
        return true;
    case 0x40000003:
        *eax = gather(cpu, offsetof(HypervSwitch, access)) | 1u << 5; /* hypercall page */
        *edx = gather(cpu, offsetof(HypervSwitch, misc));
        return true;
    case 0x40000004:
        *eax = gather(cpu, offsetof(HypervSwitch, hints));
        if (cpu->hyperv_no_nonarch_cs == ON_OFF_AUTO_ON) {
            *eax |= 1u << 18;
        }
        *ebx = cpu->hyperv_spinlock_attempts;
        return true;
    case 0x40000005:
        *eax = cpu->hv_max_vps != -1 ? (uint32_t)cpu->hv_max_vps : 64;
        *ebx = 64;
        return true;
    case 0x40000006:
        return true;
    default:
        return false;
    }
}
