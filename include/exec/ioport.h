/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The x86 port space: direct access, and lists of ports of old devices. */
#ifndef EXEC_IOPORT_H
#define EXEC_IOPORT_H

#include "exec/memory.h"

typedef uint32_t pio_addr_t;

/*
 * Ports of a device with a hole between them: each entry is @len ports from
 * @offset (relative to the base that the list is added at) for accesses of
 * @size bytes. The list ends with PORTIO_END_OF_LIST().
 */
typedef struct MemoryRegionPortio {
    uint32_t offset;
    uint32_t len;
    unsigned size;
    uint32_t (*read)(void *opaque, uint32_t address);
    void (*write)(void *opaque, uint32_t address, uint32_t data);
    uint32_t base; /* private */
} MemoryRegionPortio;

#define PORTIO_END_OF_LIST()                                                                       \
    {                                                                                              \
    }

/*
 * The callbacks get absolute port numbers. A wider access than an entry has is
 * split; a narrower or missing one reads as ones.
 */
typedef struct PortioList {
    const struct MemoryRegionPortio *ports;
    Object *owner;
    MemoryRegion *address_space;
    uint32_t addr;
    unsigned nr;
    MemoryRegion **regions;
    void *opaque;
    const char *name;
    bool flush_coalesced_mmio;
} PortioList;

void portio_list_init(PortioList *piolist, Object *owner, const MemoryRegionPortio *callbacks,
                      void *opaque, const char *name);
void portio_list_set_flush_coalesced(PortioList *piolist);
void portio_list_destroy(PortioList *piolist);
/* BQL held. Maps the list at @addr of @address_space. */
void portio_list_add(PortioList *piolist, MemoryRegion *address_space, uint32_t addr);
void portio_list_del(PortioList *piolist);
/* BQL held. Shows or hides all its ports, or moves them. */
void portio_list_set_enabled(PortioList *piolist, bool enabled);
void portio_list_set_address(PortioList *piolist, uint32_t addr);

/* One access to address_space_io; any thread. Unassigned ports read as ones. */
uint8_t cpu_inb(uint32_t addr);
uint16_t cpu_inw(uint32_t addr);
uint32_t cpu_inl(uint32_t addr);
void cpu_outb(uint32_t addr, uint8_t val);
void cpu_outw(uint32_t addr, uint16_t val);
void cpu_outl(uint32_t addr, uint32_t val);

/* Ops for ports that nothing answers: reads give ones, without an error. */
extern const MemoryRegionOps unassigned_io_ops;

#endif
