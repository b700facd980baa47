/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of the kernel's half of KVM (api.rst 4.133, KVM_GET_STATS_FD): a file of the machine
 * and one of each vCPU, with descriptions at its beginning and values behind them.
 */
#include "qemu/osdep.h"
#include "accel/kvm/kvm-int.h"
#include "hw/core/cpu.h"
#include "qapi/util.h"
#include "system/stats.h"

/* More than any kernel has; the sizes are the kernel's, but must not make us allocate anything. */
#define MAX_STATS  4096
#define MAX_NAME   1024
#define MAX_VALUES 4096

typedef struct StatsFile {
    int fd;
    struct kvm_stats_header header;
    uint8_t *descs; /* header.num_desc of desc_size bytes */
    size_t desc_size;
} StatsFile;

static int vm_fd = -1;

static const struct kvm_stats_desc *desc_at(const StatsFile *f, unsigned i)
{
    return (const struct kvm_stats_desc *)(f->descs + i * f->desc_size);
}

static bool read_at(int fd, void *buf, size_t size, off_t offset, Error **errp)
{
    ssize_t ret = RETRY_ON_EINTR(pread(fd, buf, size, offset));

    if (ret != (ssize_t)size) {
        error_setg_errno(errp, ret < 0 ? errno : EIO, "cannot read the statistics of KVM");
        return false;
    }
    return true;
}

static void close_stats(StatsFile *f)
{
    g_clear_pointer(&f->descs, g_free);
}

/* Reads the descriptions of @fd. */
static bool open_stats(StatsFile *f, int fd, Error **errp)
{
    struct kvm_stats_header *h = &f->header;

    f->fd = fd;
    f->descs = NULL;
    if (!read_at(fd, h, sizeof(*h), 0, errp)) {
        return false;
    }
    if (h->num_desc > MAX_STATS || !h->name_size || h->name_size > MAX_NAME) {
        error_setg(errp, "the kernel has %u statistics with names of %u bytes", h->num_desc,
                   h->name_size);
        return false;
    }
    f->desc_size = sizeof(struct kvm_stats_desc) + h->name_size;
    f->descs = g_malloc0(f->desc_size * h->num_desc);
    if (!read_at(fd, f->descs, f->desc_size * h->num_desc, h->desc_offset, errp)) {
        close_stats(f);
        return false;
    }
    for (unsigned i = 0; i < h->num_desc; i++) {
        ((struct kvm_stats_desc *)(f->descs + i * f->desc_size))->name[h->name_size - 1] = '\0';
    }
    return true;
}

/* ---- descriptions ---- */

static bool stats_type(const struct kvm_stats_desc *d, StatsType *type)
{
    switch (d->flags & KVM_STATS_TYPE_MASK) {
    case KVM_STATS_TYPE_CUMULATIVE:
        *type = STATS_TYPE_CUMULATIVE;
        return true;
    case KVM_STATS_TYPE_INSTANT:
        *type = STATS_TYPE_INSTANT;
        return true;
    case KVM_STATS_TYPE_PEAK:
        *type = STATS_TYPE_PEAK;
        return true;
    case KVM_STATS_TYPE_LINEAR_HIST:
        *type = STATS_TYPE_LINEAR_HISTOGRAM;
        return true;
    case KVM_STATS_TYPE_LOG_HIST:
        *type = STATS_TYPE_LOG2_HISTOGRAM;
        return true;
    default:
        return false;
    }
}

static bool stats_unit(const struct kvm_stats_desc *d, StatsSchemaValue *value)
{
    value->has_unit = true;
    switch (d->flags & KVM_STATS_UNIT_MASK) {
    case KVM_STATS_UNIT_NONE:
        value->has_unit = false;
        return true;
    case KVM_STATS_UNIT_BYTES:
        value->unit = STATS_UNIT_BYTES;
        return true;
    case KVM_STATS_UNIT_SECONDS:
        value->unit = STATS_UNIT_SECONDS;
        return true;
    case KVM_STATS_UNIT_CYCLES:
        value->unit = STATS_UNIT_CYCLES;
        return true;
#ifdef KVM_STATS_UNIT_BOOLEAN
    case KVM_STATS_UNIT_BOOLEAN:
        value->unit = STATS_UNIT_BOOLEAN;
        return true;
#endif
    default:
        return false;
    }
}

static bool stats_base(const struct kvm_stats_desc *d, StatsSchemaValue *value)
{
    unsigned base = d->flags & KVM_STATS_BASE_MASK;

    value->exponent = d->exponent;
    value->has_base = d->exponent != 0;
    value->base = base == KVM_STATS_BASE_POW2 ? 2 : 10;
    return base == KVM_STATS_BASE_POW10 || base == KVM_STATS_BASE_POW2;
}

/* NULL: of a kind that a newer kernel has and we do not know. */
static StatsSchemaValue *describe(const struct kvm_stats_desc *d)
{
    StatsSchemaValue *value = g_new0(StatsSchemaValue, 1);

    if (!stats_type(d, &value->type) || !stats_unit(d, value) || !stats_base(d, value)) {
        g_free(value);
        return NULL;
    }
    value->name = g_strdup(d->name);
    value->has_bucket_size = value->type == STATS_TYPE_LINEAR_HISTOGRAM;
    value->bucket_size = d->bucket_size;
    return value;
}

static bool describe_file(StatsSchemaList ***tail, StatsTarget target, int fd, Error **errp)
{
    StatsSchema *schema;
    StatsSchemaValueList **values;
    StatsFile f;

    if (fd < 0) {
        return true;
    }
    if (!open_stats(&f, fd, errp)) {
        return false;
    }
    schema = g_new0(StatsSchema, 1);
    schema->provider = STATS_PROVIDER_KVM;
    schema->target = target;
    values = &schema->stats;
    for (unsigned i = 0; i < f.header.num_desc; i++) {
        StatsSchemaValue *value = describe(desc_at(&f, i));
        if (value) {
            QAPI_LIST_APPEND(values, value);
        }
    }
    close_stats(&f);
    QAPI_LIST_APPEND(*tail, schema);
    return true;
}

static bool describe_all(StatsSchemaList ***tail, Error **errp)
{
    return describe_file(tail, STATS_TARGET_VM, vm_fd, errp) &&
           (!first_cpu ||
            describe_file(tail, STATS_TARGET_VCPU, first_cpu->kvm_vcpu_stats_fd, errp));
}

/* ---- values ---- */

static StatsValue *make_value(const struct kvm_stats_desc *d, const uint64_t *data)
{
    StatsValue *value = g_new0(StatsValue, 1);
    uint64List **tail = &value->u.list;

#ifdef KVM_STATS_UNIT_BOOLEAN
    if ((d->flags & KVM_STATS_UNIT_MASK) == KVM_STATS_UNIT_BOOLEAN) {
        value->type = QTYPE_QBOOL;
        value->u.boolean = *data;
        return value;
    }
#endif
    if (d->size == 1) {
        value->type = QTYPE_QNUM;
        value->u.scalar = *data;
        return value;
    }
    value->type = QTYPE_QLIST;
    for (unsigned i = 0; i < d->size; i++) {
        QAPI_LIST_APPEND(tail, data[i]);
    }
    return value;
}

static bool append_stat(StatsList ***tail, const StatsFile *f, const struct kvm_stats_desc *d,
                        Error **errp)
{
    g_autofree uint64_t *data = NULL;
    Stats *stats;

    if (!d->size || d->size > MAX_VALUES) {
        return true;
    }
    data = g_new(uint64_t, d->size);
    if (!read_at(f->fd, data, d->size * sizeof(*data), f->header.data_offset + d->offset, errp)) {
        return false;
    }
    stats = g_new0(Stats, 1);
    stats->name = g_strdup(d->name);
    stats->value = make_value(d, data);
    QAPI_LIST_APPEND(*tail, stats);
    return true;
}

static bool retrieve_file(StatsResultList ***tail, int fd, const char *path, strList *names,
                          Error **errp)
{
    StatsResult *result;
    StatsList **stats;
    StatsFile f;
    bool ok = true;

    if (fd < 0) {
        return true;
    }
    if (!open_stats(&f, fd, errp)) {
        return false;
    }
    result = g_new0(StatsResult, 1);
    result->provider = STATS_PROVIDER_KVM;
    result->qom_path = g_strdup(path);
    stats = &result->stats;
    for (unsigned i = 0; ok && i < f.header.num_desc; i++) {
        const struct kvm_stats_desc *d = desc_at(&f, i);
        g_autoptr(StatsSchemaValue) known = describe(d);
        if (known && stats_wanted(names, d->name)) {
            ok = append_stat(&stats, &f, d, errp);
        }
    }
    close_stats(&f);
    if (!ok || !result->stats) {
        qapi_free_StatsResult(result);
        return ok;
    }
    QAPI_LIST_APPEND(*tail, result);
    return true;
}

static bool retrieve(StatsResultList ***tail, StatsTarget target, strList *names, strList *objects,
                     Error **errp)
{
    CPUState *cpu;

    if (target == STATS_TARGET_VM) {
        return retrieve_file(tail, vm_fd, NULL, names, errp);
    }
    CPU_FOREACH (cpu) {
        g_autofree char *path = object_get_canonical_path(OBJECT(cpu));

        if (path && stats_wanted(objects, path) &&
            !retrieve_file(tail, cpu->kvm_vcpu_stats_fd, path, names, errp)) {
            return false;
        }
    }
    return true;
}

/* ---- the files ---- */

void kvm_stats_init(KVMState *s)
{
    if (kvm_check_extension(s, KVM_CAP_BINARY_STATS_FD)) {
        vm_fd = kvm_vm_ioctl(s, KVM_GET_STATS_FD, NULL);
        stats_add_provider(STATS_PROVIDER_KVM, retrieve, describe_all);
    }
}

void kvm_stats_init_vcpu(CPUState *cpu)
{
    cpu->kvm_vcpu_stats_fd = -1;
    if (vm_fd >= 0) {
        cpu->kvm_vcpu_stats_fd = kvm_vcpu_ioctl(cpu, KVM_GET_STATS_FD, NULL);
    }
}

void kvm_stats_destroy_vcpu(CPUState *cpu)
{
    if (cpu->kvm_vcpu_stats_fd >= 0) {
        close(cpu->kvm_vcpu_stats_fd);
        cpu->kvm_vcpu_stats_fd = -1;
    }
}
