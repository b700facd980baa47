/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMware's back door: a 32-bit read of port 5658h with a magic number in EAX and
 * a command in CX. Parameters and results are in the other registers.
 *
 * VMware, "Mechanisms to determine if software is running in a VMware virtual
 * machine" (KB 1009458); open-vm-tools documentation, backdoor_def.
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/i386/vmport.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "system/cpus.h"
#include "system/system.h"
#include "target/i386/cpu.h"
#include "trace/trace-hw_i386.h"

#define VMPORT_PORT             0x5658
#define VMPORT_MAGIC            0x564d5868

#define RAM_SIZE_MAGIC          0x1177 /* EBX of GETRAMSIZE */
#define MAX_TIME_LAG_US         1000000
#define APIC_BUS_HZ             1000000000

#define VCPU_INFO_LEGACY_X2APIC (1u << 3)

OBJECT_DECLARE_SIMPLE_TYPE(VMPortState, VMPORT)

struct VMPortState {
    ISADevice parent_obj;

    /* config */
    bool read_set_eax;
    bool signal_unsupported_cmd;
    bool report_vmx_type;
    bool cmds_v2;
    uint8_t vmware_vmx_version;
    uint8_t vmware_vmx_type;

    /* wiring; there is no state */
    MemoryRegion io;
    VMPortReadFunc *func[VMPORT_ENTRIES];
    void *opaque[VMPORT_ENTRIES];
};

void vmport_register(VMPortCommand command, VMPortReadFunc *func, void *opaque)
{
    VMPortState *s = VMPORT(object_resolve_path_type("", TYPE_VMPORT, NULL));

    trace_vmport_register(command);
    s->func[command] = func;
    s->opaque[command] = opaque;
}

static uint64_t vmport_ioport_read(void *opaque, hwaddr addr, unsigned size)
{
    VMPortState *s = opaque;
    CPUX86State *env;
    uint32_t eax, command;

    if (!current_cpu) {
        return UINT32_MAX; /* a debugger or test looks at the port */
    }
    cpu_synchronize_state(current_cpu);
    env = cpu_env(current_cpu);
    eax = env->regs[R_EAX];
    command = env->regs[R_ECX] & 0xffff;
    trace_vmport_command(command);
    if (eax == VMPORT_MAGIC && command < VMPORT_ENTRIES && s->func[command]) {
        eax = s->func[command](s->opaque[command], addr);
    } else if (s->signal_unsupported_cmd) {
        eax = UINT32_MAX;
    }
    if (s->read_set_eax) {
        env->regs[R_EAX] = eax;
    }
    return eax;
}

static void vmport_ioport_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    VMPortState *s = opaque;

    if (s->read_set_eax && current_cpu) {
        cpu_synchronize_state(current_cpu);
        cpu_env(current_cpu)->regs[R_EAX] = vmport_ioport_read(opaque, addr, 4);
    }
}

static const MemoryRegionOps vmport_ops = {
    .read = vmport_ioport_read,
    .write = vmport_ioport_write,
    .impl = {.min_access_size = 4, .max_access_size = 4},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- commands ---- */

static uint32_t vmport_cmd_get_version(void *opaque, uint32_t addr)
{
    VMPortState *s = opaque;
    CPUX86State *env = cpu_env(current_cpu);

    env->regs[R_EBX] = VMPORT_MAGIC;
    if (s->report_vmx_type) {
        env->regs[R_ECX] = s->vmware_vmx_type;
    }
    return s->vmware_vmx_version;
}

static uint32_t vmport_cmd_get_bios_uuid(void *opaque, uint32_t addr)
{
    CPUX86State *env = cpu_env(current_cpu);
    const uint8_t *uuid = qemu_uuid.data;

    env->regs[R_EBX] = ldl_le_p(uuid + 4);
    env->regs[R_ECX] = ldl_le_p(uuid + 8);
    env->regs[R_EDX] = ldl_le_p(uuid + 12);
    return ldl_le_p(uuid);
}

static uint32_t vmport_cmd_get_ram_size(void *opaque, uint32_t addr)
{
    MachineState *machine = MACHINE(qdev_get_machine());

    cpu_env(current_cpu)->regs[R_EBX] = RAM_SIZE_MAGIC;
    return machine->ram_size;
}

static uint32_t vmport_cmd_get_time(void *opaque, uint32_t addr)
{
    CPUX86State *env = cpu_env(current_cpu);
    int64_t us = qemu_clock_get_us(QEMU_CLOCK_HOST);
    uint64_t seconds = us / 1000000;

    env->regs[R_EBX] = us % 1000000;
    env->regs[R_ECX] = MAX_TIME_LAG_US;
    /* Seconds that do not fit are for the long form. */
    return seconds > UINT32_MAX ? UINT32_MAX : seconds;
}

static uint32_t vmport_cmd_get_time_full(void *opaque, uint32_t addr)
{
    CPUX86State *env = cpu_env(current_cpu);
    int64_t us = qemu_clock_get_us(QEMU_CLOCK_HOST);
    uint64_t seconds = us / 1000000;

    env->regs[R_ESI] = seconds >> 32;
    env->regs[R_EDX] = (uint32_t)seconds;
    env->regs[R_EBX] = us % 1000000;
    env->regs[R_ECX] = MAX_TIME_LAG_US;
    return VMPORT_MAGIC;
}

static uint32_t vmport_cmd_get_hz(void *opaque, uint32_t addr)
{
    CPUX86State *env = cpu_env(current_cpu);
    uint64_t hz = env->tsc_khz * 1000;

    if (!hz) {
        return UINT32_MAX;
    }
    env->regs[R_ECX] = APIC_BUS_HZ;
    env->regs[R_EBX] = hz >> 32;
    return hz;
}

static uint32_t vmport_cmd_get_vcpu_info(void *opaque, uint32_t addr)
{
    CPUX86State *env = cpu_env(current_cpu);

    return env->features[FEAT_1_ECX] & CPUID_EXT_X2APIC ? VCPU_INFO_LEGACY_X2APIC : 0;
}

/* ---- object ---- */

static const Property vmport_properties[] = {
    /* What older machine types did otherwise */
    DEFINE_PROP_BOOL("x-read-set-eax", VMPortState, read_set_eax, true),
    DEFINE_PROP_BOOL("x-signal-unsupported-cmd", VMPortState, signal_unsupported_cmd, true),
    DEFINE_PROP_BOOL("x-report-vmx-type", VMPortState, report_vmx_type, true),
    DEFINE_PROP_BOOL("x-cmds-v2", VMPortState, cmds_v2, true),
    /* Workstation of that version; the type is a server */
    DEFINE_PROP_UINT8("vmware-vmx-version", VMPortState, vmware_vmx_version, 6),
    DEFINE_PROP_UINT8("vmware-vmx-type", VMPortState, vmware_vmx_type, 2),
};

static void vmport_add(VMPortState *s, VMPortCommand command, VMPortReadFunc *func)
{
    s->func[command] = func;
    s->opaque[command] = s;
}

static void vmport_realizefn(DeviceState *dev, Error **errp)
{
    VMPortState *s = VMPORT(dev);

    memory_region_init_io(&s->io, OBJECT(s), &vmport_ops, s, "vmport", 1);
    vmport_add(s, VMPORT_CMD_GETVERSION, vmport_cmd_get_version);
    vmport_add(s, VMPORT_CMD_GETRAMSIZE, vmport_cmd_get_ram_size);
    if (s->cmds_v2) {
        vmport_add(s, VMPORT_CMD_GETBIOSUUID, vmport_cmd_get_bios_uuid);
        vmport_add(s, VMPORT_CMD_GETTIME, vmport_cmd_get_time);
        vmport_add(s, VMPORT_CMD_GETTIMEFULL, vmport_cmd_get_time_full);
        vmport_add(s, VMPORT_CMD_GETHZ, vmport_cmd_get_hz);
        vmport_add(s, VMPORT_CMD_GET_VCPU_INFO, vmport_cmd_get_vcpu_info);
    }
    isa_register_ioport(ISA_DEVICE(dev), &s->io, VMPORT_PORT);
}

static void vmport_class_initfn(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = vmport_realizefn;
    /* Others register with the one that the machine has. */
    dc->user_creatable = false;
    device_class_set_props(dc, vmport_properties);
}

static const TypeInfo vmport_types[] = {
    {
        .name = TYPE_VMPORT,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(VMPortState),
        .class_init = vmport_class_initfn,
    },
};

DEFINE_TYPES(vmport_types)
