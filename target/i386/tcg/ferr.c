/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FERR# and IGNNE#: reporting of x87 exceptions through IRQ 13 with CR0.NE
 * clear, as the PC/AT does (SDM vol. 1, 8.7.2 and appendix D).
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "target/i386/ferr.h"

static qemu_irq ferr_irq;
static bool ignne; /* (A) IGNNE# is active */

void x86_register_ferr_irq(qemu_irq irq)
{
    ferr_irq = irq;
}

void x86_fpu_signal_ferr(CPUX86State *env)
{
    bool locked = bql_locked();

    if (!ferr_irq || qatomic_read(&ignne)) {
        return;
    }
    if (!locked) {
        bql_lock();
    }
    qemu_irq_raise(ferr_irq);
    if (!locked) {
        bql_unlock();
    }
}

void cpu_clear_ignne(void)
{
    qatomic_set(&ignne, false);
}

void cpu_set_ignne(void)
{
    qatomic_set(&ignne, true);
    if (ferr_irq) {
        qemu_irq_lower(ferr_irq);
    }
}
