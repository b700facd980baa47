/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Break- and watchpoints, single step, and a debugger's view of memory. */
#include "qemu/osdep.h"
#include "exec/address-space.h"
#include "exec/target_page.h"
#include "hw/core/cpu.h"
#include "system/accel-ops.h"
#include "system/cpus.h"

/* What the accelerator arms in hardware or in translated code follows the lists. */
static void debug_state_changed(CPUState *cpu)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    if (ops && ops->update_guest_debug && cpu->created) {
        ops->update_guest_debug(cpu);
    }
}

int cpu_breakpoint_insert(CPUState *cpu, vaddr pc, int flags, CPUBreakpoint **breakpoint)
{
    CPUBreakpoint *bp = g_new0(CPUBreakpoint, 1);

    bp->pc = pc;
    bp->flags = flags;
    /* The debugger's come first: they stop the guest before its own do. */
    if (flags & BP_GDB) {
        QTAILQ_INSERT_HEAD(&cpu->breakpoints, bp, entry);
    } else {
        QTAILQ_INSERT_TAIL(&cpu->breakpoints, bp, entry);
    }
    if (breakpoint) {
        *breakpoint = bp;
    }
    debug_state_changed(cpu);
    return 0;
}

void cpu_breakpoint_remove_by_ref(CPUState *cpu, CPUBreakpoint *bp)
{
    QTAILQ_REMOVE(&cpu->breakpoints, bp, entry);
    g_free(bp);
    debug_state_changed(cpu);
}

int cpu_breakpoint_remove(CPUState *cpu, vaddr pc, int flags)
{
    CPUBreakpoint *bp;

    QTAILQ_FOREACH (bp, &cpu->breakpoints, entry) {
        if (bp->pc == pc && bp->flags == flags) {
            cpu_breakpoint_remove_by_ref(cpu, bp);
            return 0;
        }
    }
    return -ENOENT;
}

void cpu_breakpoint_remove_all(CPUState *cpu, int mask)
{
    CPUBreakpoint *bp, *next;

    QTAILQ_FOREACH_SAFE (bp, &cpu->breakpoints, entry, next) {
        if (bp->flags & mask) {
            cpu_breakpoint_remove_by_ref(cpu, bp);
        }
    }
}

int cpu_watchpoint_insert(CPUState *cpu, vaddr addr, vaddr len, int flags,
                          CPUWatchpoint **watchpoint)
{
    CPUWatchpoint *wp;

    /* Nothing, or more than there are addresses. */
    if (len == 0 || addr + len - 1 < addr) {
        return -EINVAL;
    }
    wp = g_new0(CPUWatchpoint, 1);
    wp->vaddr = addr;
    wp->len = len;
    wp->flags = flags;
    if (flags & BP_GDB) {
        QTAILQ_INSERT_HEAD(&cpu->watchpoints, wp, entry);
    } else {
        QTAILQ_INSERT_TAIL(&cpu->watchpoints, wp, entry);
    }
    if (watchpoint) {
        *watchpoint = wp;
    }
    debug_state_changed(cpu);
    return 0;
}

void cpu_watchpoint_remove_by_ref(CPUState *cpu, CPUWatchpoint *wp)
{
    QTAILQ_REMOVE(&cpu->watchpoints, wp, entry);
    if (cpu->watchpoint_hit == wp) {
        cpu->watchpoint_hit = NULL;
    }
    g_free(wp);
    debug_state_changed(cpu);
}

int cpu_watchpoint_remove(CPUState *cpu, vaddr addr, vaddr len, int flags)
{
    CPUWatchpoint *wp;

    QTAILQ_FOREACH (wp, &cpu->watchpoints, entry) {
        if (wp->vaddr == addr && wp->len == len && (wp->flags & ~BP_WATCHPOINT_HIT) == flags) {
            cpu_watchpoint_remove_by_ref(cpu, wp);
            return 0;
        }
    }
    return -ENOENT;
}

void cpu_watchpoint_remove_all(CPUState *cpu, int mask)
{
    CPUWatchpoint *wp, *next;

    QTAILQ_FOREACH_SAFE (wp, &cpu->watchpoints, entry, next) {
        if (wp->flags & mask) {
            cpu_watchpoint_remove_by_ref(cpu, wp);
        }
    }
}

int cpu_watchpoint_address_matches(CPUState *cpu, vaddr addr, vaddr len)
{
    CPUWatchpoint *wp;
    int flags = 0;

    QTAILQ_FOREACH (wp, &cpu->watchpoints, entry) {
        /* Last bytes, because a range may end at the top of the address space. */
        if (addr <= wp->vaddr + wp->len - 1 && wp->vaddr <= addr + len - 1) {
            flags |= wp->flags;
        }
    }
    return flags;
}

void cpu_single_step(CPUState *cpu, int enabled)
{
    if (cpu->singlestep_enabled != enabled) {
        cpu->singlestep_enabled = enabled;
        debug_state_changed(cpu);
    }
}

hwaddr cpu_get_phys_page_attrs_debug(CPUState *cpu, vaddr addr, MemTxAttrs *attrs)
{
    *attrs = MEMTXATTRS_UNSPECIFIED;
    return cpu->cc->get_phys_page_attrs_debug ? cpu->cc->get_phys_page_attrs_debug(cpu, addr, attrs)
                                              : (hwaddr)-1;
}

hwaddr cpu_get_phys_page_debug(CPUState *cpu, vaddr addr)
{
    MemTxAttrs attrs;

    return cpu_get_phys_page_attrs_debug(cpu, addr, &attrs);
}

/* Memory as the page tables say, one page after the other. */
static int rw_debug_paged(CPUState *cpu, vaddr addr, uint8_t *buf, size_t len, bool is_write)
{
    while (len) {
        vaddr page = addr & TARGET_PAGE_MASK;
        size_t l = MIN(len, page + TARGET_PAGE_SIZE - addr);
        MemTxAttrs attrs;
        hwaddr phys = cpu_get_phys_page_attrs_debug(cpu, page, &attrs);
        AddressSpace *as;
        MemTxResult r;

        if (phys == (hwaddr)-1) {
            return -1;
        }
        attrs.debug = 1;
        phys += addr & ~TARGET_PAGE_MASK;
        as = cpu_addressspace(cpu, attrs);
        r = is_write ? address_space_write_rom(as, phys, attrs, buf, l)
                     : address_space_read(as, phys, attrs, buf, l);
        if (r != MEMTX_OK) {
            return -1;
        }
        addr += l;
        buf += l;
        len -= l;
    }
    return 0;
}

int cpu_memory_rw_debug(CPUState *cpu, vaddr addr, void *buf, size_t len, bool is_write)
{
    cpu_synchronize_state(cpu);
    return cpu->cc->memory_rw_debug ? cpu->cc->memory_rw_debug(cpu, addr, buf, len, is_write)
                                    : rw_debug_paged(cpu, addr, buf, len, is_write);
}
