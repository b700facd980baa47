/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved state of the 16550A. */
#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "serial-int.h"

static int serial_pre_save(void *opaque)
{
    SerialState *s = opaque;

    s->fcr_vmstate = s->fcr;
    return 0;
}

static int serial_pre_load(void *opaque)
{
    SerialState *s = opaque;

    /* What subsections of older streams do not have. */
    s->thr_ipending = -1;
    s->poll_msl = -1;
    s->tsr_retry = 0;
    s->timeout_ipending = 0;
    return 0;
}

static int serial_post_load(void *opaque, int version_id)
{
    SerialState *s = opaque;

    if (version_id < 3) {
        s->fcr_vmstate = 0;
    }
    if (s->thr_ipending == -1) {
        s->thr_ipending = (s->iir & UART_IIR_ID) == UART_IIR_THRI;
    }
    return serial_resume(s) ? 0 : -EINVAL;
}

static bool serial_thr_ipending_needed(void *opaque)
{
    SerialState *s = opaque;
    bool expected = (s->iir & UART_IIR_ID) == UART_IIR_THRI;

    return (s->ier & UART_IER_THRI) ? s->thr_ipending != expected : s->thr_ipending;
}

static const VMStateDescription vmstate_serial_thr_ipending = {
    .name = "serial/thr_ipending",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = serial_thr_ipending_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32(thr_ipending, SerialState),
            VMSTATE_END_OF_LIST(),
        },
};

static bool serial_tsr_needed(void *opaque)
{
    SerialState *s = opaque;

    return s->tsr_retry != 0;
}

static const VMStateDescription vmstate_serial_tsr = {
    .name = "serial/tsr",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = serial_tsr_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(tsr_retry, SerialState),
            VMSTATE_UINT8(thr, SerialState),
            VMSTATE_UINT8(tsr, SerialState),
            VMSTATE_END_OF_LIST(),
        },
};

static bool serial_recv_fifo_needed(void *opaque)
{
    SerialState *s = opaque;

    return !fifo8_is_empty(&s->recv_fifo);
}

static const VMStateDescription vmstate_serial_recv_fifo = {
    .name = "serial/recv_fifo",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = serial_recv_fifo_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(recv_fifo, SerialState, 1, vmstate_fifo8, Fifo8),
            VMSTATE_END_OF_LIST(),
        },
};

static bool serial_xmit_fifo_needed(void *opaque)
{
    SerialState *s = opaque;

    return !fifo8_is_empty(&s->xmit_fifo);
}

static const VMStateDescription vmstate_serial_xmit_fifo = {
    .name = "serial/xmit_fifo",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = serial_xmit_fifo_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(xmit_fifo, SerialState, 1, vmstate_fifo8, Fifo8),
            VMSTATE_END_OF_LIST(),
        },
};

static bool serial_fifo_timeout_timer_needed(void *opaque)
{
    SerialState *s = opaque;

    return timer_pending(&s->fifo_timeout_timer);
}

static const VMStateDescription vmstate_serial_fifo_timeout_timer = {
    .name = "serial/fifo_timeout_timer",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = serial_fifo_timeout_timer_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_TIMER(fifo_timeout_timer, SerialState),
            VMSTATE_END_OF_LIST(),
        },
};

static bool serial_timeout_ipending_needed(void *opaque)
{
    SerialState *s = opaque;

    return s->timeout_ipending != 0;
}

static const VMStateDescription vmstate_serial_timeout_ipending = {
    .name = "serial/timeout_ipending",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = serial_timeout_ipending_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32(timeout_ipending, SerialState),
            VMSTATE_END_OF_LIST(),
        },
};

static bool serial_poll_needed(void *opaque)
{
    SerialState *s = opaque;

    return s->poll_msl >= 0;
}

static const VMStateDescription vmstate_serial_poll = {
    .name = "serial/poll",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = serial_poll_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32(poll_msl, SerialState),
            VMSTATE_TIMER(modem_status_poll, SerialState),
            VMSTATE_END_OF_LIST(),
        },
};

const VMStateDescription vmstate_serial = {
    .name = "serial",
    .version_id = 3,
    .minimum_version_id = 2,
    .pre_save = serial_pre_save,
    .pre_load = serial_pre_load,
    .post_load = serial_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT16_V(divider, SerialState, 2),
            VMSTATE_UINT8(rbr, SerialState),
            VMSTATE_UINT8(ier, SerialState),
            VMSTATE_UINT8(iir, SerialState),
            VMSTATE_UINT8(lcr, SerialState),
            VMSTATE_UINT8(mcr, SerialState),
            VMSTATE_UINT8(lsr, SerialState),
            VMSTATE_UINT8(msr, SerialState),
            VMSTATE_UINT8(scr, SerialState),
            VMSTATE_UINT8_V(fcr_vmstate, SerialState, 3),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_serial_thr_ipending,
            &vmstate_serial_tsr,
            &vmstate_serial_recv_fifo,
            &vmstate_serial_xmit_fifo,
            &vmstate_serial_fifo_timeout_timer,
            &vmstate_serial_timeout_ipending,
            &vmstate_serial_poll,
            NULL,
        },
};
