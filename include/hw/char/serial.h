/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 16550A UART: the chip. Wrappers put its registers on a bus (serial-isa.c,
 * serial-mm.c, PCI). Big lock held for everything.
 */
#ifndef HW_SERIAL_H
#define HW_SERIAL_H

#include "chardev/char-fe.h"
#include "exec/memory.h"
#include "hw/qdev-core.h"
#include "qemu/fifo8.h"
#include "qemu/timer.h"

#define UART_FIFO_LENGTH 16

#define TYPE_SERIAL      "serial"
OBJECT_DECLARE_SIMPLE_TYPE(SerialState, SERIAL)

struct SerialState {
    DeviceState parent_obj;

    /* config */
    uint32_t baudbase; /* input clock / 16 */
    bool wakeup;       /* a received byte wakes a suspended guest */

    /* wiring */
    CharBackend chr;
    qemu_irq irq;
    MemoryRegion io;             /* for the wrapper to fill with serial_io_ops */
    uint64_t char_transmit_time; /* ns for one character, follows from divider and lcr */
    unsigned watch_tag;
    int recv_fifo_itl; /* trigger level, follows from fcr */
    QEMUTimer fifo_timeout_timer;
    QEMUTimer modem_status_poll;
    int last_break_enable;

    /* state */
    uint16_t divider;
    uint8_t rbr;
    uint8_t thr;
    uint8_t tsr; /* being sent, while tsr_retry is not 0 */
    uint8_t ier;
    uint8_t iir; /* read only */
    uint8_t lcr;
    uint8_t mcr;
    uint8_t lsr; /* read only */
    uint8_t msr; /* read only */
    uint8_t scr;
    uint8_t fcr;
    uint8_t fcr_vmstate;
    int32_t thr_ipending; /* the empty transmitter has not been reported yet */
    int32_t timeout_ipending;
    uint32_t tsr_retry;
    int32_t poll_msl; /* -1: the back end has no modem lines; 1: look at them regularly */
    Fifo8 recv_fifo;
    Fifo8 xmit_fifo;
};

extern const MemoryRegionOps serial_io_ops;
extern const struct VMStateDescription vmstate_serial;

/* Power-on state. The wrapper's reset calls it: the chip is on no bus. */
void serial_reset(SerialState *s);

#endif
