/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PC's keyboard controller. */
#ifndef HW_I8042_H
#define HW_I8042_H

#include "hw/input/ps2.h"
#include "hw/isa/isa.h"
#include "qemu/timer.h"

#define TYPE_I8042 "i8042"
OBJECT_DECLARE_SIMPLE_TYPE(ISAKBDState, I8042)

/* Name of the output that says whether address line 20 works. */
#define I8042_A20_LINE "a20"

/* The controller itself, whatever it is attached to. */
typedef struct KBDState {
    /* wiring */
    qemu_irq irqs[2]; /* keyboard, mouse */
    qemu_irq a20_out;
    PS2KbdState *kbd;
    PS2MouseState *mouse;
    QEMUTimer throttle_timer;
    bool throttle;       /* at most a byte per millisecond from the keyboard */
    bool extended_state; /* save what can't be told from the output register */

    /* state */
    uint8_t write_cmd; /* command whose data byte is expected, 0: none */
    uint8_t status;
    uint8_t mode;    /* command byte */
    uint8_t outport; /* output port */
    uint32_t pending;
    uint8_t pending_tmp; /* its form in the stream */
    uint32_t obsrc;      /* where the byte in the output register is from */
    uint8_t obdata;      /* what the last read gave */
    uint8_t cbdata;      /* the controller's own reply */
    uint32_t migration_flags;
    bool extended_state_loaded;
} KBDState;

struct ISAKBDState {
    ISADevice parent_obj;

    /* config */
    uint8_t kbd_irq;
    uint8_t mouse_irq;

    KBDState kbd;
    PS2KbdState ps2kbd;
    PS2MouseState ps2mouse;
    MemoryRegion io[2];
};

/* Lets the guest look at its mouse (an absolute pointer behind the same interrupt). BQL held. */
void i8042_isa_mouse_fake_event(ISAKBDState *isa);

static inline void i8042_setup_a20_line(ISADevice *dev, qemu_irq a20_out)
{
    qdev_connect_gpio_out_named(DEVICE(dev), I8042_A20_LINE, 0, a20_out);
}

static inline bool i8042_present(void)
{
    return object_resolve_path_type("", TYPE_I8042, NULL) != NULL;
}

#endif
