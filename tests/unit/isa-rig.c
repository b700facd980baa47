/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "isa-rig.h"
#include "exec/address-spaces.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/cpus.h"

IsaRig rig;
static int64_t rig_clock_ns;

static int64_t rig_get_ns(void *opaque)
{
    return rig_clock_ns;
}

static void rig_set_ns(void *opaque, int64_t ns)
{
    rig_clock_ns = ns;
}

static const QEMUVirtualClockSource rig_clock = {
    .get_ns = rig_get_ns,
    .set_ns = rig_set_ns,
};

static void rig_line_set(void *opaque, int n, int level)
{
    IsaRigLine *line = opaque;

    line += n;
    if (level && !line->level) {
        line->rises++;
    }
    line->level = level;
}

qemu_irq isa_rig_watch(IsaRigLine *line)
{
    return qemu_allocate_irq(rig_line_set, line, 0);
}

void isa_rig_init(void)
{
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    qemu_clock_set_virtual_source(&rig_clock);
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, true);
    memory_map_init();
    rig.bus = isa_bus_new(NULL, get_system_memory(), get_system_io(), &error_abort);
    rig.irqs = qemu_allocate_irqs(rig_line_set, rig.line, ISA_NUM_IRQS);
    isa_bus_register_input_irqs(rig.bus, rig.irqs);
}

void isa_rig_advance_ns(int64_t ns)
{
    qemu_clock_advance_virtual_time(rig_clock_ns + ns);
}

void isa_rig_jump_ns(int64_t ns)
{
    rig_clock_ns += ns;
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
}

int64_t isa_rig_now(void)
{
    return rig_clock_ns;
}

unsigned isa_rig_take_rises(int line)
{
    unsigned rises = rig.line[line].rises;

    rig.line[line].rises = 0;
    return rises;
}
