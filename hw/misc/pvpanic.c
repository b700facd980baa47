/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pvpanic: one byte by which a guest reports its end. The device has no state.
 *
 * The interface is described in docs/specs/pvpanic of the systems that have it;
 * bit numbers are those of Linux's uapi/misc/pvpanic.h.
 */
#include "qemu/osdep.h"
#include "hw/misc/pvpanic.h"
#include "hw/qdev-core.h"
#include "qemu/log.h"
#include "system/runstate.h"

static void handle_event(PVPanicState *s, int event)
{
    if (event & ~PVPANIC_EVENTS) {
        qemu_log_mask(LOG_GUEST_ERROR, "pvpanic: unknown event 0x%x\n", event);
        return;
    }
    if (event & s->events & PVPANIC_PANICKED) {
        qemu_system_guest_panicked(NULL);
    } else if (event & s->events & PVPANIC_CRASHLOADED) {
        qemu_system_guest_crashloaded(NULL);
    } else if (event & s->events & PVPANIC_SHUTDOWN) {
        qemu_system_guest_pvshutdown();
    }
}

static uint64_t pvpanic_read(void *opaque, hwaddr addr, unsigned size)
{
    PVPanicState *s = opaque;

    return s->events;
}

static void pvpanic_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    handle_event(opaque, val);
}

static const MemoryRegionOps pvpanic_ops = {
    .read = pvpanic_read,
    .write = pvpanic_write,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

void pvpanic_setup_io(PVPanicState *s, DeviceState *dev, unsigned size)
{
    memory_region_init_io(&s->mr, OBJECT(dev), &pvpanic_ops, s, "pvpanic", size);
}
