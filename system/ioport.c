/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port I/O: single accesses, and lists of ports.
 *
 * A list becomes one region per run of ports without a gap, so that other
 * devices can live in the gaps. Inside a run an access goes to the entry of its
 * port and size; a wider one that no entry takes is made of bytes.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"
#include "exec/ioport.h"

uint8_t cpu_inb(uint32_t addr)
{
    return address_space_ldub(&address_space_io, addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

uint16_t cpu_inw(uint32_t addr)
{
    return address_space_lduw(&address_space_io, addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

uint32_t cpu_inl(uint32_t addr)
{
    return address_space_ldl(&address_space_io, addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

void cpu_outb(uint32_t addr, uint8_t val)
{
    address_space_stb(&address_space_io, addr, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

void cpu_outw(uint32_t addr, uint16_t val)
{
    address_space_stw(&address_space_io, addr, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

void cpu_outl(uint32_t addr, uint32_t val)
{
    address_space_stl(&address_space_io, addr, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

static uint64_t unassigned_io_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static void unassigned_io_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

const MemoryRegionOps unassigned_io_ops = {
    .read = unassigned_io_read,
    .write = unassigned_io_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- lists ---- */

/* One run of ports: what its region's callbacks get as opaque. */
#define TYPE_PORTIO_RUN "memory-region-portio-list"
OBJECT_DECLARE_SIMPLE_TYPE(PortioRun, PORTIO_RUN)

struct PortioRun {
    Object parent_obj;
    struct rcu_head rcu;
    MemoryRegion mr;
    void *portio_opaque;
    uint32_t offset; /* of the run in the list */
    PortioList *list;
    unsigned nr;
    MemoryRegionPortio *ports; /* offsets relative to the run */
};

/* The entry for @size bytes at @offset of the run, or NULL. */
static const MemoryRegionPortio *find_port(const PortioRun *run, uint64_t offset, unsigned size,
                                           bool write)
{
    for (unsigned i = 0; i < run->nr; i++) {
        const MemoryRegionPortio *p = &run->ports[i];

        if (offset >= p->offset && offset - p->offset < p->len && p->size == size &&
            (write ? (bool)p->write : (bool)p->read)) {
            return p;
        }
    }
    return NULL;
}

static uint64_t portio_read(void *opaque, hwaddr addr, unsigned size)
{
    PortioRun *run = opaque;
    const MemoryRegionPortio *p = find_port(run, addr, size, false);
    uint32_t base = run->list->addr + run->offset;

    if (p) {
        return p->read(run->portio_opaque, base + addr);
    }
    if (size > 1) {
        unsigned half = size / 2;

        return portio_read(opaque, addr, half) | portio_read(opaque, addr + half, half)
                                                     << (8 * half);
    }
    return 0xff;
}

static void portio_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    PortioRun *run = opaque;
    const MemoryRegionPortio *p = find_port(run, addr, size, true);
    uint32_t base = run->list->addr + run->offset;

    if (p) {
        p->write(run->portio_opaque, base + addr, data);
    } else if (size > 1) {
        unsigned half = size / 2;

        portio_write(opaque, addr, data & MAKE_64BIT_MASK(0, 8 * half), half);
        portio_write(opaque, addr + half, data >> (8 * half), half);
    }
}

static const MemoryRegionOps portio_ops = {
    .read = portio_read,
    .write = portio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid.unaligned = true,
    .impl.unaligned = true,
};

void portio_list_init(PortioList *piolist, Object *owner, const MemoryRegionPortio *callbacks,
                      void *opaque, const char *name)
{
    unsigned n = 0;

    while (callbacks[n].size) {
        n++;
    }
    *piolist = (PortioList){
        .ports = callbacks,
        .owner = owner,
        .opaque = opaque,
        .name = name,
        .regions = g_new0(MemoryRegion *, n),
    };
}

void portio_list_set_flush_coalesced(PortioList *piolist)
{
    piolist->flush_coalesced_mmio = true;
}

/* Nobody can be in its callbacks any more. The region may have gone with its owner. */
static void portio_run_free(struct rcu_head *head)
{
    PortioRun *run = container_of(head, PortioRun, rcu);

    object_unparent(OBJECT(&run->mr));
    object_unref(OBJECT(run));
}

void portio_list_destroy(PortioList *piolist)
{
    for (unsigned i = 0; i < piolist->nr; i++) {
        PortioRun *run = container_of(piolist->regions[i], PortioRun, mr);

        call_rcu1(&run->rcu, portio_run_free);
    }
    g_free(piolist->regions);
    piolist->regions = NULL;
    piolist->nr = 0;
}

/* Maps entries [@first, @first + @count), which leave no gap in [@low, @high). */
static void add_run(PortioList *piolist, const MemoryRegionPortio *first, unsigned count,
                    uint32_t low, uint32_t high)
{
    PortioRun *run = PORTIO_RUN(object_new(TYPE_PORTIO_RUN));

    run->list = piolist;
    run->portio_opaque = piolist->opaque;
    run->offset = low;
    run->nr = count;
    run->ports = g_memdup2(first, count * sizeof(*first));
    for (unsigned i = 0; i < count; i++) {
        run->ports[i].offset -= low;
    }
    memory_region_init_io(&run->mr, piolist->owner, &portio_ops, run, piolist->name, high - low);
    if (piolist->flush_coalesced_mmio) {
        memory_region_set_flush_coalesced(&run->mr);
    }
    memory_region_add_subregion(piolist->address_space, piolist->addr + low, &run->mr);
    piolist->regions[piolist->nr++] = &run->mr;
}

void portio_list_add(PortioList *piolist, MemoryRegion *address_space, uint32_t addr)
{
    const MemoryRegionPortio *first = piolist->ports, *p;

    piolist->address_space = address_space;
    piolist->addr = addr;
    memory_region_transaction_begin();
    while (first->size) {
        uint32_t low = first->offset, high = first->offset + first->len;

        /* Entries are sorted by offset; those for several sizes overlap. */
        for (p = first + 1; p->size && p->offset <= high; p++) {
            high = MAX(high, p->offset + p->len);
        }
        add_run(piolist, first, p - first, low, high);
        first = p;
    }
    memory_region_transaction_commit();
}

void portio_list_del(PortioList *piolist)
{
    memory_region_transaction_begin();
    for (unsigned i = 0; i < piolist->nr; i++) {
        memory_region_del_subregion(piolist->address_space, piolist->regions[i]);
    }
    memory_region_transaction_commit();
}

void portio_list_set_enabled(PortioList *piolist, bool enabled)
{
    memory_region_transaction_begin();
    for (unsigned i = 0; i < piolist->nr; i++) {
        memory_region_set_enabled(piolist->regions[i], enabled);
    }
    memory_region_transaction_commit();
}

void portio_list_set_address(PortioList *piolist, uint32_t addr)
{
    memory_region_transaction_begin();
    piolist->addr = addr;
    for (unsigned i = 0; i < piolist->nr; i++) {
        PortioRun *run = container_of(piolist->regions[i], PortioRun, mr);

        memory_region_set_address(&run->mr, addr + run->offset);
    }
    memory_region_transaction_commit();
}

static void portio_run_finalize(Object *obj)
{
    g_free(PORTIO_RUN(obj)->ports);
}

static const TypeInfo portio_types[] = {
    {
        .name = TYPE_PORTIO_RUN,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(PortioRun),
        .instance_finalize = portio_run_finalize,
    },
};

DEFINE_TYPES(portio_types)
