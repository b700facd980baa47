/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regions that translate: an access to one continues in another address space. */
#ifndef EXEC_MEMORY_IOMMU_H
#define EXEC_MEMORY_IOMMU_H

#include "exec/address-space.h"

typedef struct IOMMUNotifier IOMMUNotifier;

#define TYPE_IOMMU_MEMORY_REGION "iommu-memory-region"
OBJECT_DECLARE_TYPE(IOMMUMemoryRegion, IOMMUMemoryRegionClass, IOMMU_MEMORY_REGION)

typedef enum IOMMUAccessFlags {
    IOMMU_NONE = 0,
    IOMMU_RO = 1,
    IOMMU_WO = 2,
    IOMMU_RW = 3,
} IOMMUAccessFlags;

#define IOMMU_ACCESS_FLAG(r, w) (((r) ? IOMMU_RO : 0) | ((w) ? IOMMU_WO : 0))

/* @addr_mask has ones in the bits that are not translated (page size - 1). */
typedef struct IOMMUTLBEntry {
    AddressSpace *target_as;
    hwaddr iova;
    hwaddr translated_addr;
    hwaddr addr_mask;
    IOMMUAccessFlags perm;
    uint32_t pasid;
} IOMMUTLBEntry;

/* What a notifier wants to hear about; also the type of an event. */
typedef enum IOMMUNotifierFlag {
    IOMMU_NOTIFIER_NONE = 0,
    IOMMU_NOTIFIER_UNMAP = 1,
    IOMMU_NOTIFIER_MAP = 2,
    IOMMU_NOTIFIER_DEVIOTLB_UNMAP = 4,
} IOMMUNotifierFlag;

#define IOMMU_NOTIFIER_IOTLB_EVENTS    (IOMMU_NOTIFIER_MAP | IOMMU_NOTIFIER_UNMAP)
#define IOMMU_NOTIFIER_DEVIOTLB_EVENTS IOMMU_NOTIFIER_DEVIOTLB_UNMAP
#define IOMMU_NOTIFIER_ALL             (IOMMU_NOTIFIER_IOTLB_EVENTS | IOMMU_NOTIFIER_DEVIOTLB_EVENTS)

typedef void (*IOMMUNotify)(IOMMUNotifier *notifier, IOMMUTLBEntry *data);

/* Interested in [start, end] (inclusive) of the input addresses. */
struct IOMMUNotifier {
    IOMMUNotify notify;
    IOMMUNotifierFlag notifier_flags;
    hwaddr start;
    hwaddr end;
    int iommu_idx;
    void *opaque;
    QLIST_ENTRY(IOMMUNotifier) node;
};

typedef struct IOMMUTLBEvent {
    IOMMUNotifierFlag type;
    IOMMUTLBEntry entry;
} IOMMUTLBEvent;

struct IOMMUMemoryRegion {
    MemoryRegion parent_obj;
    QLIST_HEAD(, IOMMUNotifier) iommu_notify;
    IOMMUNotifierFlag iommu_notify_flags;
};

struct IOMMUMemoryRegionClass {
    ObjectClass parent_class;
    /* Required. Any thread, RCU critical section. @flag is what the access needs. */
    IOMMUTLBEntry (*translate)(IOMMUMemoryRegion *iommu, hwaddr addr, IOMMUAccessFlags flag,
                               int iommu_idx);
    uint64_t (*get_min_page_size)(IOMMUMemoryRegion *iommu);
    /* The union of notifier flags changed; refuse with -errno and @errp. */
    int (*notify_flag_changed)(IOMMUMemoryRegion *iommu, IOMMUNotifierFlag old_flags,
                               IOMMUNotifierFlag new_flags, Error **errp);
    /* Tells @notifier about all present mappings. */
    void (*replay)(IOMMUMemoryRegion *iommu, IOMMUNotifier *notifier);
    int (*attrs_to_index)(IOMMUMemoryRegion *iommu, MemTxAttrs attrs);
    int (*num_indexes)(IOMMUMemoryRegion *iommu);
};

/* @instance is an object of type @mrtypename, a sub-type of TYPE_IOMMU_MEMORY_REGION. */
void memory_region_init_iommu(void *instance, size_t instance_size, const char *mrtypename,
                              Object *owner, const char *name, uint64_t size);

static inline void iommu_notifier_init(IOMMUNotifier *n, IOMMUNotify fn, IOMMUNotifierFlag flags,
                                       hwaddr start, hwaddr end, int iommu_idx)
{
    n->notify = fn;
    n->notifier_flags = flags;
    n->start = start;
    n->end = end;
    n->iommu_idx = iommu_idx;
}

static inline IOMMUMemoryRegion *memory_region_get_iommu(MemoryRegion *mr)
{
    while (mr->alias) {
        mr = mr->alias;
    }
    return mr->is_iommu ? (IOMMUMemoryRegion *)mr : NULL;
}

uint64_t memory_region_iommu_get_min_page_size(IOMMUMemoryRegion *iommu);
int memory_region_iommu_attrs_to_index(IOMMUMemoryRegion *iommu, MemTxAttrs attrs);
int memory_region_iommu_num_indexes(IOMMUMemoryRegion *iommu);
/* BQL held. */
int memory_region_register_iommu_notifier(MemoryRegion *mr, IOMMUNotifier *n, Error **errp);
void memory_region_unregister_iommu_notifier(MemoryRegion *mr, IOMMUNotifier *n);
void memory_region_iommu_replay(IOMMUMemoryRegion *iommu, IOMMUNotifier *n);
/* Tells the interested notifiers of index @iommu_idx. BQL held. */
void memory_region_notify_iommu(IOMMUMemoryRegion *iommu, int iommu_idx, const IOMMUTLBEvent event);
void memory_region_notify_iommu_one(IOMMUNotifier *notifier, const IOMMUTLBEvent *event);
void memory_region_unmap_iommu_notifier_range(IOMMUNotifier *notifier);
/* The final translation of @addr for one page. RCU critical section. */
IOMMUTLBEntry address_space_get_iotlb_entry(AddressSpace *as, hwaddr addr, bool is_write,
                                            MemTxAttrs attrs);

#endif
