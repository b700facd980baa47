/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an interrupt controller tells the monitor ("info irq", "info pic"). */
#ifndef HW_INTC_H
#define HW_INTC_H

#include "qom/object.h"

#define TYPE_INTERRUPT_STATS_PROVIDER "intctrl"
typedef struct InterruptStatsProvider InterruptStatsProvider;
typedef struct InterruptStatsProviderClass InterruptStatsProviderClass;
DECLARE_CLASS_CHECKERS(InterruptStatsProviderClass, INTERRUPT_STATS_PROVIDER,
                       TYPE_INTERRUPT_STATS_PROVIDER)
#define INTERRUPT_STATS_PROVIDER(obj)                                                              \
    INTERFACE_CHECK(InterruptStatsProvider, (obj), TYPE_INTERRUPT_STATS_PROVIDER)

/* Big lock held. */
struct InterruptStatsProviderClass {
    InterfaceClass parent;

    /* Counts per line, valid until the next call; false when this controller has none to show. */
    bool (*get_statistics)(InterruptStatsProvider *obj, uint64_t **irq_counts,
                           unsigned int *nb_irqs);
    /* Appends lines of text about the controller's registers. */
    void (*print_info)(InterruptStatsProvider *obj, GString *buf);
};

#endif
