/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The KVM accelerator: is it there, what can it do, and setting up the virtual
 * machine in the kernel (Documentation/virt/kvm/api.rst).
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>

#include "qapi/visitor.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/boards.h"
#include "accel/kvm/kvm-int.h"

#define KVM_DEVICE "/dev/kvm"

/* ---- ioctls ---- */

#define IOCTL_WITH_ARG(fd)                                                                         \
    ({                                                                                             \
        void *arg_;                                                                                \
        va_list ap_;                                                                               \
        int ret_;                                                                                  \
                                                                                                   \
        va_start(ap_, type);                                                                       \
        arg_ = va_arg(ap_, void *);                                                                \
        va_end(ap_);                                                                               \
        ret_ = ioctl(fd, type, arg_);                                                              \
        ret_ == -1 ? -errno : ret_;                                                                \
    })

int kvm_ioctl(KVMState *s, unsigned long type, ...)
{
    return IOCTL_WITH_ARG(s->fd);
}

int kvm_vm_ioctl(KVMState *s, unsigned long type, ...)
{
    return IOCTL_WITH_ARG(s->vmfd);
}

int kvm_vcpu_ioctl(CPUState *cpu, unsigned long type, ...)
{
    return IOCTL_WITH_ARG(cpu->kvm_fd);
}

int kvm_device_ioctl(int fd, unsigned long type, ...)
{
    return IOCTL_WITH_ARG(fd);
}

int kvm_check_extension(KVMState *s, unsigned extension)
{
    int ret = kvm_ioctl(s, KVM_CHECK_EXTENSION, (void *)(uintptr_t)extension);

    return MAX(ret, 0);
}

int kvm_vm_check_extension(KVMState *s, unsigned extension)
{
    int ret = kvm_vm_ioctl(s, KVM_CHECK_EXTENSION, (void *)(uintptr_t)extension);

    /* Kernels that cannot be asked per VM answer for the system. */
    return ret < 0 ? kvm_check_extension(s, extension) : ret;
}

int kvm_vm_enable_cap(KVMState *s, unsigned capability, uint64_t arg0, uint64_t arg1)
{
    struct kvm_enable_cap cap = {.cap = capability, .args = {arg0, arg1}};

    return kvm_vm_ioctl(s, KVM_ENABLE_CAP, &cap);
}

int kvm_vcpu_enable_cap(CPUState *cpu, unsigned capability, uint64_t arg0)
{
    struct kvm_enable_cap cap = {.cap = capability, .args = {arg0}};

    return kvm_vcpu_ioctl(cpu, KVM_ENABLE_CAP, &cap);
}

bool kvm_create_device_supported(KVMState *s, uint64_t type)
{
    struct kvm_create_device dev = {.type = type, .flags = KVM_CREATE_DEVICE_TEST};

    return kvm_check_extension(s, KVM_CAP_DEVICE_CTRL) &&
           kvm_vm_ioctl(s, KVM_CREATE_DEVICE, &dev) >= 0;
}

bool kvm_has_sync_mmu(void)
{
    return kvm_state->sync_mmu;
}

int kvm_has_gsi_routing(void)
{
    return kvm_gsi_routing_allowed;
}

uint32_t kvm_dirty_ring_size(void)
{
    return kvm_state ? kvm_state->dirty_ring_entries : 0;
}

/* ---- is it there ---- */

/* Opens @path and checks the version of the interface; -1 and @errp. */
static int open_device(const char *path, Error **errp)
{
    ERRP_GUARD();
    int fd = qemu_open_old(path, O_RDWR);
    int version;

    if (fd < 0) {
        error_setg_errno(errp, errno, "KVM cannot be used: could not open '%s'", path);
        switch (errno) {
        case ENOENT:
            error_append_hint(errp, "Load the module kvm_intel or kvm_amd (virtualization must be "
                                    "enabled in the host's firmware), or use -accel tcg.\n");
            break;
        case EACCES:
        case EPERM:
            error_append_hint(errp, "Add this user to the group that owns the device (usually "
                                    "'kvm'), or use -accel tcg.\n");
            break;
        default:
            error_append_hint(errp, "The processor's virtualization may be disabled in the host's "
                                    "firmware or taken by another hypervisor; -accel tcg works "
                                    "without it.\n");
            break;
        }
        return -1;
    }
    version = ioctl(fd, KVM_GET_API_VERSION, 0);
    if (version != KVM_API_VERSION) {
        error_setg(errp, "KVM cannot be used: '%s' speaks version %d of the interface, not %d",
                   path, version, KVM_API_VERSION);
        close(fd);
        return -1;
    }
    return fd;
}

static bool kvm_available(Error **errp)
{
    /* A device= of the object is looked at when the machine is set up. */
    if (access(KVM_DEVICE, F_OK) < 0 && errno == ENOENT) {
        int fd = open_device(KVM_DEVICE, errp);

        if (fd >= 0) {
            close(fd);
            return true;
        }
        return false;
    }
    return true;
}

bool kvm_require_capabilities(KVMState *s, const KVMCapability *list, Error **errp)
{
    for (; list->name; list++) {
        if (!kvm_vm_check_extension(s, list->value)) {
            ERRP_GUARD();

            error_setg(errp, "KVM of this host cannot be used: it lacks %s (%s)", list->what,
                       list->name);
            error_append_hint(errp, "A newer host kernel has it; -accel tcg works without KVM.\n");
            return false;
        }
    }
    return true;
}

static const KVMCapability required_capabilities[] = {
    KVM_CAPABILITY(USER_MEMORY, "memory slots in user memory"),
    KVM_CAPABILITY(DESTROY_MEMORY_REGION_WORKS, "removal of memory slots"),
    KVM_CAPABILITY(JOIN_MEMORY_REGIONS_WORKS, "joining of memory slots"),
    KVM_CAPABILITY(IMMEDIATE_EXIT, "a way out of guest code without races"),
    KVM_CAPABILITY(IOEVENTFD, "event descriptors for guest writes"),
    KVM_CAPABILITY(INTERNAL_ERROR_DATA, "details of internal errors"),
    {},
};

/* ---- setting up ---- */

static bool create_vm(KVMState *s, Error **errp)
{
    do {
        s->vmfd = kvm_ioctl(s, KVM_CREATE_VM, NULL);
    } while (s->vmfd == -EINTR);
    if (s->vmfd < 0) {
        error_setg_errno(errp, -s->vmfd, "KVM could not create a virtual machine");
        if (s->vmfd == -EBUSY || s->vmfd == -ENOMEM) {
            ERRP_GUARD();

            error_append_hint(errp, "Another hypervisor may be using the processor's "
                                    "virtualization, or memory is short.\n");
        }
        return false;
    }
    return true;
}

static bool check_cpu_counts(KVMState *s, MachineState *ms, Error **errp)
{
    unsigned soft = kvm_check_extension(s, KVM_CAP_NR_VCPUS);

    s->max_vcpus = kvm_check_extension(s, KVM_CAP_MAX_VCPUS);
    if (!s->max_vcpus) {
        s->max_vcpus = soft ? soft : 4;
    }
    s->max_vcpu_id = kvm_check_extension(s, KVM_CAP_MAX_VCPU_ID);
    if (!s->max_vcpu_id) {
        s->max_vcpu_id = s->max_vcpus;
    }
    if (ms->smp.cpus > s->max_vcpus || ms->smp.max_cpus > s->max_vcpus) {
        error_setg(errp, "-smp asks for %u CPUs; KVM on this host allows up to %u",
                   MAX(ms->smp.cpus, ms->smp.max_cpus), s->max_vcpus);
        return false;
    }
    if (soft && ms->smp.cpus > soft) {
        warn_report("-smp: %u CPUs are more than the %u that KVM recommends on this host",
                    ms->smp.cpus, soft);
    }
    return true;
}

static bool setup_dirty_ring(KVMState *s, Error **errp)
{
    uint64_t bytes = (uint64_t)s->dirty_ring_size * sizeof(struct kvm_dirty_gfn);
    unsigned cap = KVM_CAP_DIRTY_LOG_RING_ACQ_REL;
    int max, ret;

    if (!s->dirty_ring_size) {
        return true;
    }
    max = kvm_vm_check_extension(s, cap);
    if (!max) {
        cap = KVM_CAP_DIRTY_LOG_RING;
        max = kvm_vm_check_extension(s, cap);
    }
    if (!max) {
        warn_report("dirty-ring-size=%u: KVM on this host has no dirty ring; bitmaps are used",
                    s->dirty_ring_size);
        return true;
    }
    if (bytes > max) {
        error_setg(errp, "dirty-ring-size=%u: KVM on this host allows up to %zu",
                   s->dirty_ring_size, max / sizeof(struct kvm_dirty_gfn));
        return false;
    }
    ret = kvm_vm_enable_cap(s, cap, bytes, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "dirty-ring-size=%u: KVM refused it", s->dirty_ring_size);
        return false;
    }
    s->dirty_ring_entries = s->dirty_ring_size;
    return true;
}

static void query_capabilities(KVMState *s)
{
    s->nr_slots = kvm_check_extension(s, KVM_CAP_NR_MEMSLOTS);
    if (!s->nr_slots) {
        s->nr_slots = 32; /* from before it could be asked */
    }
    s->sync_mmu = kvm_vm_check_extension(s, KVM_CAP_SYNC_MMU);
    s->robust_singlestep = kvm_check_extension(s, KVM_CAP_X86_ROBUST_SINGLESTEP);
    kvm_readonly_mem_allowed = kvm_vm_check_extension(s, KVM_CAP_READONLY_MEM) > 0;
    kvm_eventfds_allowed = true;
    kvm_irqfds_allowed = kvm_check_extension(s, KVM_CAP_IRQFD) > 0;
    kvm_resamplefds_allowed = kvm_check_extension(s, KVM_CAP_IRQFD_RESAMPLE) > 0;
}

static bool set_up_vm(KVMState *s, MachineState *ms, Error **errp)
{
    s->vcpu_mmap_size = kvm_ioctl(s, KVM_GET_VCPU_MMAP_SIZE, NULL);
    if (s->vcpu_mmap_size < 0) {
        error_setg_errno(errp, -s->vcpu_mmap_size, "KVM does not tell the size of a vCPU's area");
        return false;
    }
    if (!create_vm(s, errp) || !kvm_require_capabilities(s, required_capabilities, errp) ||
        !check_cpu_counts(s, ms, errp)) {
        return false;
    }
    query_capabilities(s);
    kvm_stats_init(s);
    return setup_dirty_ring(s, errp) && kvm_arch_init(ms, s, errp) && kvm_irqchip_create(s, errp);
}

static int kvm_init_machine(AccelState *as, MachineState *ms, Error **errp)
{
    KVMState *s = KVM_STATE(as);
    MachineClass *mc = MACHINE_GET_CLASS(ms);

    s->fd = open_device(s->device ? s->device : KVM_DEVICE, errp);
    if (s->fd < 0) {
        return -ENODEV;
    }
    kvm_state = s;
    if (s->irqchip_mode == KVM_IRQCHIP_MODE_AUTO) {
        s->irqchip_mode =
            mc->default_kernel_irqchip_split ? KVM_IRQCHIP_MODE_SPLIT : KVM_IRQCHIP_MODE_ON;
    }
    if (!set_up_vm(s, ms, errp)) {
        if (s->vmfd >= 0) {
            close(s->vmfd);
        }
        close(s->fd);
        s->vmfd = s->fd = -1;
        kvm_state = NULL;
        kvm_kernel_irqchip = kvm_split_irqchip = false;
        return -EINVAL;
    }
    kvm_init_cpu_signals();
    kvm_memory_listener_register(s, &s->memory_listener, &address_space_memory, 0, "kvm-memory");
    kvm_io_listener_register(s);
    memory_set_coalesced_flush(kvm_flush_coalesced_mmio_buffer);
    return 0;
}

/* ---- properties ---- */

static bool check_not_started(KVMState *s, const char *name, Error **errp)
{
    if (s->fd >= 0) {
        error_setg(errp, "%s cannot change once the machine exists", name);
        return false;
    }
    return true;
}

static void set_kernel_irqchip(Object *obj, Visitor *v, const char *name, void *opaque,
                               Error **errp)
{
    KVMState *s = KVM_STATE(obj);
    int mode;

    if (!check_not_started(s, name, errp) ||
        !visit_type_enum(v, name, &mode, &OnOffSplit_lookup, errp)) {
        return;
    }
    s->irqchip_mode = mode == ON_OFF_SPLIT_ON    ? KVM_IRQCHIP_MODE_ON
                      : mode == ON_OFF_SPLIT_OFF ? KVM_IRQCHIP_MODE_OFF
                                                 : KVM_IRQCHIP_MODE_SPLIT;
}

static void get_shadow_mem(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    int64_t value = KVM_STATE(obj)->shadow_mem;

    visit_type_int(v, name, &value, errp);
}

static void set_shadow_mem(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    KVMState *s = KVM_STATE(obj);
    int64_t value;

    if (check_not_started(s, name, errp) && visit_type_int(v, name, &value, errp)) {
        s->shadow_mem = value;
    }
}

static void get_dirty_ring_size(Object *obj, Visitor *v, const char *name, void *opaque,
                                Error **errp)
{
    uint32_t value = KVM_STATE(obj)->dirty_ring_size;

    visit_type_uint32(v, name, &value, errp);
}

static void set_dirty_ring_size(Object *obj, Visitor *v, const char *name, void *opaque,
                                Error **errp)
{
    KVMState *s = KVM_STATE(obj);
    uint32_t value;

    if (!check_not_started(s, name, errp) || !visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value & (value - 1)) {
        error_setg(errp, "dirty-ring-size=%u: must be a power of two, or 0 for bitmaps", value);
        return;
    }
    s->dirty_ring_size = value;
}

static char *get_device(Object *obj, Error **errp)
{
    return g_strdup(KVM_STATE(obj)->device);
}

static void set_device(Object *obj, const char *value, Error **errp)
{
    KVMState *s = KVM_STATE(obj);

    if (check_not_started(s, "device", errp)) {
        g_free(s->device);
        s->device = g_strdup(value);
    }
}

static const QEnumLookup notify_vmexit_lookup = {
    .array =
        (const char *const[]){
            [NOTIFY_VMEXIT_RUN] = "run",
            [NOTIFY_VMEXIT_INTERNAL_ERROR] = "internal-error",
            [NOTIFY_VMEXIT_DISABLE] = "disable",
        },
    .size = 3,
};

static int get_notify_vmexit(Object *obj, Error **errp)
{
    return KVM_STATE(obj)->notify_vmexit;
}

static void set_notify_vmexit(Object *obj, int value, Error **errp)
{
    KVMState *s = KVM_STATE(obj);

    if (check_not_started(s, "notify-vmexit", errp)) {
        s->notify_vmexit = value;
    }
}

static void get_notify_window(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t value = KVM_STATE(obj)->notify_window;

    visit_type_uint32(v, name, &value, errp);
}

static void set_notify_window(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    KVMState *s = KVM_STATE(obj);
    uint32_t value;

    if (check_not_started(s, name, errp) && visit_type_uint32(v, name, &value, errp)) {
        s->notify_window = value;
    }
}

static void kvm_accel_instance_init(Object *obj)
{
    KVMState *s = KVM_STATE(obj);

    s->fd = s->vmfd = -1;
    s->shadow_mem = -1;
    notifier_list_init(&s->irqchip_change_notifiers);
}

static void kvm_accel_instance_finalize(Object *obj)
{
    g_free(KVM_STATE(obj)->device);
}

static int kvm_sstep_flags(AccelState *as)
{
    KVMState *s = KVM_STATE(as);

    if (!kvm_supports_guest_debug()) {
        return 0;
    }
    /* Steps without interrupts need KVM_GUESTDBG_BLOCKIRQ. */
    return SSTEP_ENABLE |
           (kvm_check_extension(s, KVM_CAP_SET_GUEST_DEBUG2) & KVM_GUESTDBG_BLOCKIRQ ? SSTEP_NOIRQ
                                                                                     : 0);
}

static void kvm_accel_class_init(ObjectClass *oc, const void *data)
{
    AccelClass *ac = ACCEL_CLASS(oc);

    ac->name = "kvm";
    ac->description = "Runs guests on the processor's virtualization through Linux KVM";
    ac->allowed = &kvm_allowed;
    ac->available = kvm_available;
    ac->init_machine = kvm_init_machine;
    ac->gdbstub_supported_sstep_flags = kvm_sstep_flags;

    object_class_property_add(oc, "kernel-irqchip", "on|off|split", NULL, set_kernel_irqchip, NULL,
                              NULL);
    object_class_property_set_description(oc, "kernel-irqchip",
                                          "where interrupt controllers are: in the kernel (on), "
                                          "here (off), or local APICs only in the kernel (split)");
    object_class_property_add(oc, "kvm-shadow-mem", "int", get_shadow_mem, set_shadow_mem, NULL,
                              NULL);
    object_class_property_set_description(oc, "kvm-shadow-mem", "bytes for shadow page tables");
    object_class_property_add(oc, "dirty-ring-size", "uint32", get_dirty_ring_size,
                              set_dirty_ring_size, NULL, NULL);
    object_class_property_set_description(oc, "dirty-ring-size",
                                          "entries of each vCPU's dirty ring (0: bitmaps)");
    object_class_property_add_str(oc, "device", get_device, set_device);
    object_class_property_set_description(oc, "device", "path of the device (" KVM_DEVICE ")");
    object_class_property_add_enum(oc, "notify-vmexit", "NotifyVMexitOption", &notify_vmexit_lookup,
                                   get_notify_vmexit, set_notify_vmexit);
    object_class_property_set_description(oc, "notify-vmexit",
                                          "what to do when a guest blocks events for too long");
    object_class_property_add(oc, "notify-window", "uint32", get_notify_window, set_notify_window,
                              NULL, NULL);
    object_class_property_set_description(oc, "notify-window",
                                          "how long that is, in cycles beyond the default");
}

static const TypeInfo kvm_types[] = {
    {
        .name = TYPE_KVM_ACCEL,
        .parent = TYPE_ACCEL,
        .instance_size = sizeof(KVMState),
        .instance_init = kvm_accel_instance_init,
        .instance_finalize = kvm_accel_instance_finalize,
        .class_init = kvm_accel_class_init,
    },
};

DEFINE_TYPES(kvm_types)
