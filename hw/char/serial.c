/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * National Semiconductor PC16550D UART, working like an NS16450 until its FIFOs
 * are enabled.
 *
 * PC16550D data sheet (TL/C/8652): table II registers, 8.4 FIFO control, 8.5
 * interrupt identification, 8.6 modem control, FIFO interrupt mode operation.
 *
 * Characters take no time to send; the receive timeout is that of the line.
 * The interrupt is not gated by OUT2.
 */
#include "qemu/osdep.h"
#include "serial-int.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/runstate.h"
#include "trace/trace-hw_char.h"

/* How often a back end may say "later" before a byte is dropped. */
#define MAX_XMIT_RETRY 4
#define MODEM_POLL_NS  (NANOSECONDS_PER_SECOND / 100)

/* ---- interrupt ---- */

static bool serial_fifo_enabled(const SerialState *s)
{
    return s->fcr & UART_FCR_FE;
}

static bool serial_data_is_due(SerialState *s)
{
    return (s->lsr & UART_LSR_DR) &&
           (!serial_fifo_enabled(s) || fifo8_num_used(&s->recv_fifo) >= s->recv_fifo_itl);
}

static void serial_update_irq(SerialState *s)
{
    uint8_t id = UART_IIR_NO_INT;

    if ((s->ier & UART_IER_RLSI) && (s->lsr & UART_LSR_INT_ANY)) {
        id = UART_IIR_RLSI;
    } else if ((s->ier & UART_IER_RDI) && s->timeout_ipending) {
        /* Same priority as received data; the data is cleared with it. */
        id = UART_IIR_CTI;
    } else if ((s->ier & UART_IER_RDI) && serial_data_is_due(s)) {
        id = UART_IIR_RDI;
    } else if ((s->ier & UART_IER_THRI) && s->thr_ipending) {
        id = UART_IIR_THRI;
    } else if ((s->ier & UART_IER_MSI) && (s->msr & UART_MSR_ANY_DELTA)) {
        id = UART_IIR_MSI;
    }
    s->iir = id | (s->iir & 0xf0);
    qemu_set_irq(s->irq, id != UART_IIR_NO_INT);
}

/* ---- line parameters and modem lines ---- */

static void serial_update_parameters(SerialState *s)
{
    QEMUSerialSetParams ssp;
    uint64_t bit_ns;
    int frame_bits;

    if (s->divider == 0 || s->divider > s->baudbase) {
        return;
    }
    ssp.speed = s->baudbase / s->divider;
    ssp.parity = s->lcr & UART_LCR_PARITY ? (s->lcr & UART_LCR_EVEN ? 'E' : 'O') : 'N';
    ssp.data_bits = (s->lcr & 3) + 5;
    ssp.stop_bits = s->lcr & UART_LCR_STOP2 ? 2 : 1;
    frame_bits = 1 + ssp.data_bits + (ssp.parity != 'N') + ssp.stop_bits;
    bit_ns = (uint64_t)s->divider * NANOSECONDS_PER_SECOND / s->baudbase;
    s->char_transmit_time = bit_ns * frame_bits;
    trace_serial_update_parameters(ssp.speed, ssp.parity, ssp.data_bits, ssp.stop_bits);
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_PARAMS, &ssp);
}

/* Fetches the modem lines of a back end that has any. */
static void serial_update_msl(SerialState *s)
{
    uint8_t old = s->msr;
    uint8_t changed;
    int flags;

    timer_del(&s->modem_status_poll);
    if (qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &flags) == -ENOTSUP) {
        s->poll_msl = -1;
        return;
    }
    s->msr = (s->msr & UART_MSR_ANY_DELTA) | (flags & CHR_TIOCM_CTS ? UART_MSR_CTS : 0) |
             (flags & CHR_TIOCM_DSR ? UART_MSR_DSR : 0) |
             (flags & CHR_TIOCM_CAR ? UART_MSR_DCD : 0) | (flags & CHR_TIOCM_RI ? UART_MSR_RI : 0);
    changed = s->msr ^ old;
    if (changed & 0xf0) {
        s->msr |= (changed & UART_MSR_CTS ? UART_MSR_DCTS : 0) |
                  (changed & UART_MSR_DSR ? UART_MSR_DDSR : 0) |
                  (changed & UART_MSR_DCD ? UART_MSR_DDCD : 0) |
                  (changed & old & UART_MSR_RI ? UART_MSR_TERI : 0);
        serial_update_irq(s);
    }
    if (s->poll_msl) {
        timer_mod(&s->modem_status_poll, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + MODEM_POLL_NS);
    }
}

static void serial_modem_poll(void *opaque)
{
    serial_update_msl(opaque);
}

static void serial_update_tiocm(SerialState *s)
{
    int flags = 0;

    if (qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &flags) < 0) {
        return;
    }
    flags &= ~(CHR_TIOCM_RTS | CHR_TIOCM_DTR);
    flags |=
        (s->mcr & UART_MCR_RTS ? CHR_TIOCM_RTS : 0) | (s->mcr & UART_MCR_DTR ? CHR_TIOCM_DTR : 0);
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_TIOCM, &flags);
}

/* ---- receiver ---- */

static void serial_restart_timeout(SerialState *s)
{
    timer_mod(&s->fifo_timeout_timer,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + s->char_transmit_time * 4);
}

static void serial_fifo_timeout(void *opaque)
{
    SerialState *s = opaque;

    if (!fifo8_is_empty(&s->recv_fifo)) {
        s->timeout_ipending = 1;
        serial_update_irq(s);
    }
}

static void serial_fifo_put(SerialState *s, uint8_t byte)
{
    if (fifo8_is_full(&s->recv_fifo)) {
        s->lsr |= UART_LSR_OE;
    } else {
        fifo8_push(&s->recv_fifo, byte);
    }
}

static int serial_can_receive(SerialState *s)
{
    int num;

    if (!serial_fifo_enabled(s)) {
        return !(s->lsr & UART_LSR_DR);
    }
    num = fifo8_num_used(&s->recv_fifo);
    if (num >= UART_FIFO_LENGTH) {
        return 0;
    }
    /* Up to the trigger level at once; then singly, as a guest that is slow would get them. */
    return num < s->recv_fifo_itl ? s->recv_fifo_itl - num : 1;
}

static void serial_receive(SerialState *s, const uint8_t *buf, int size)
{
    if (serial_fifo_enabled(s)) {
        for (int i = 0; i < size; i++) {
            serial_fifo_put(s, buf[i]);
        }
        s->lsr |= UART_LSR_DR;
        serial_restart_timeout(s);
    } else {
        if (s->lsr & UART_LSR_DR) {
            s->lsr |= UART_LSR_OE;
        }
        s->rbr = buf[0];
        s->lsr |= UART_LSR_DR;
    }
    serial_update_irq(s);
}

static void serial_receive_break(SerialState *s)
{
    s->rbr = 0;
    if (serial_fifo_enabled(s)) {
        serial_fifo_put(s, 0);
    }
    s->lsr |= UART_LSR_BI | UART_LSR_DR;
    serial_update_irq(s);
}

static int serial_chr_can_receive(void *opaque)
{
    return serial_can_receive(opaque);
}

static void serial_chr_receive(void *opaque, const uint8_t *buf, int size)
{
    SerialState *s = opaque;

    if (s->wakeup) {
        qemu_system_wakeup_request(QEMU_WAKEUP_REASON_OTHER, NULL);
    }
    serial_receive(s, buf, size);
}

static void serial_chr_event(void *opaque, QEMUChrEvent event)
{
    if (event == CHR_EVENT_BREAK) {
        serial_receive_break(opaque);
    }
}

/* ---- transmitter ---- */

static void serial_xmit(SerialState *s);

static gboolean serial_watch_cb(void *do_not_use, GIOCondition cond, void *opaque)
{
    SerialState *s = opaque;

    s->watch_tag = 0;
    serial_xmit(s);
    return G_SOURCE_REMOVE;
}

static void serial_load_tsr(SerialState *s)
{
    if (serial_fifo_enabled(s) && !fifo8_is_empty(&s->xmit_fifo)) {
        s->tsr = fifo8_pop(&s->xmit_fifo);
        if (!fifo8_is_empty(&s->xmit_fifo)) {
            return;
        }
    } else {
        s->tsr = s->thr;
    }
    s->lsr |= UART_LSR_THRE;
    if (!s->thr_ipending) {
        s->thr_ipending = 1;
        serial_update_irq(s);
    }
}

/* Hands the byte in TSR to the back end; false: it will call again. */
static bool serial_send_tsr(SerialState *s)
{
    int rc;

    if (s->mcr & UART_MCR_LOOP) {
        serial_receive(s, &s->tsr, 1);
        return true;
    }
    rc = qemu_chr_fe_write(&s->chr, &s->tsr, 1);
    if ((rc == 0 || (rc == -1 && errno == EAGAIN)) && s->tsr_retry < MAX_XMIT_RETRY) {
        s->watch_tag = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, serial_watch_cb, s);
        if (s->watch_tag > 0) {
            s->tsr_retry++;
            return false;
        }
    }
    return true;
}

/* Sends until the holding register (or FIFO) is empty or the back end is full. */
static void serial_xmit(SerialState *s)
{
    do {
        if (s->tsr_retry == 0) {
            serial_load_tsr(s);
        }
        if (!serial_send_tsr(s)) {
            return;
        }
        s->tsr_retry = 0;
    } while (!(s->lsr & UART_LSR_THRE));
    s->lsr |= UART_LSR_TEMT;
}

/* ---- registers ---- */

static void serial_write_thr(SerialState *s, uint8_t val)
{
    s->thr = val;
    if (serial_fifo_enabled(s)) {
        if (fifo8_is_full(&s->xmit_fifo)) {
            fifo8_pop(&s->xmit_fifo);
        }
        fifo8_push(&s->xmit_fifo, val);
    }
    s->thr_ipending = 0;
    s->lsr &= ~(UART_LSR_THRE | UART_LSR_TEMT);
    serial_update_irq(s);
    if (s->tsr_retry == 0) {
        serial_xmit(s);
    }
}

static void serial_write_ier(SerialState *s, uint8_t val)
{
    uint8_t changed = (s->ier ^ val) & 0x0f;

    s->ier = val & 0x0f;
    if (s->poll_msl >= 0 && (changed & UART_IER_MSI)) {
        s->poll_msl = !!(s->ier & UART_IER_MSI);
        if (s->poll_msl) {
            serial_update_msl(s);
        } else {
            timer_del(&s->modem_status_poll);
        }
    }
    if (changed & UART_IER_THRI) {
        /*
         * Enabling this interrupt while the transmitter is empty raises it even if it
         * was seen before. The data sheet does not say so; drivers count on it.
         */
        s->thr_ipending = (s->ier & UART_IER_THRI) && (s->lsr & UART_LSR_THRE);
    }
    if (changed) {
        serial_update_irq(s);
    }
}

/* What follows from the bits of FCR that stay. */
static void serial_apply_fcr(SerialState *s, uint8_t val)
{
    static const uint8_t levels[4] = {1, 4, 8, 14};

    s->fcr = val & (UART_FCR_ITL | UART_FCR_DMS | UART_FCR_FE);
    if (s->fcr & UART_FCR_FE) {
        s->iir |= UART_IIR_FE;
        s->recv_fifo_itl = levels[s->fcr >> 6];
    } else {
        s->iir &= ~UART_IIR_FE;
    }
}

static void serial_reset_recv_fifo(SerialState *s)
{
    s->lsr &= ~(UART_LSR_DR | UART_LSR_BI);
    timer_del(&s->fifo_timeout_timer);
    s->timeout_ipending = 0;
    fifo8_reset(&s->recv_fifo);
}

static void serial_write_fcr(SerialState *s, uint8_t val)
{
    if ((val ^ s->fcr) & UART_FCR_FE) {
        /* Switching the FIFOs on or off empties them. */
        val |= UART_FCR_XFR | UART_FCR_RFR;
    }
    if (val & UART_FCR_RFR) {
        serial_reset_recv_fifo(s);
    }
    if (val & UART_FCR_XFR) {
        s->lsr |= UART_LSR_THRE;
        s->thr_ipending = 1;
        fifo8_reset(&s->xmit_fifo);
    }
    serial_apply_fcr(s, val);
    serial_update_irq(s);
    qemu_chr_fe_accept_input(&s->chr);
}

static void serial_write_lcr(SerialState *s, uint8_t val)
{
    int break_enable = !!(val & UART_LCR_BREAK);

    s->lcr = val;
    serial_update_parameters(s);
    if (break_enable != s->last_break_enable) {
        s->last_break_enable = break_enable;
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &break_enable);
    }
}

static void serial_write_mcr(SerialState *s, uint8_t val)
{
    uint8_t old = s->mcr;

    s->mcr = val & 0x1f;
    if (!(val & UART_MCR_LOOP) && s->poll_msl >= 0 && old != s->mcr) {
        serial_update_tiocm(s);
        /* The other side may answer with its own lines. */
        timer_mod(&s->modem_status_poll,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + s->char_transmit_time);
    }
}

static void serial_ioport_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    SerialState *s = opaque;

    trace_serial_write(addr, val);
    switch (addr) {
    case UART_RBR_THR_DLL:
        if (s->lcr & UART_LCR_DLAB) {
            s->divider = (s->divider & 0xff00) | (val & 0xff);
            serial_update_parameters(s);
        } else {
            serial_write_thr(s, val);
        }
        break;
    case UART_IER_DLM:
        if (s->lcr & UART_LCR_DLAB) {
            s->divider = (s->divider & 0x00ff) | (val & 0xff) << 8;
            serial_update_parameters(s);
        } else {
            serial_write_ier(s, val);
        }
        break;
    case UART_IIR_FCR:
        serial_write_fcr(s, val);
        break;
    case UART_LCR:
        serial_write_lcr(s, val);
        break;
    case UART_MCR:
        serial_write_mcr(s, val);
        break;
    case UART_LSR:
    case UART_MSR:
        break;
    case UART_SCR:
        s->scr = val;
        break;
    }
}

static uint8_t serial_read_rbr(SerialState *s)
{
    uint8_t ret;

    if (serial_fifo_enabled(s)) {
        ret = fifo8_is_empty(&s->recv_fifo) ? 0 : fifo8_pop(&s->recv_fifo);
        if (fifo8_is_empty(&s->recv_fifo)) {
            s->lsr &= ~(UART_LSR_DR | UART_LSR_BI);
            timer_del(&s->fifo_timeout_timer);
        } else {
            serial_restart_timeout(s);
        }
        s->timeout_ipending = 0;
    } else {
        ret = s->rbr;
        s->lsr &= ~(UART_LSR_DR | UART_LSR_BI);
    }
    serial_update_irq(s);
    if (!(s->mcr & UART_MCR_LOOP)) {
        qemu_chr_fe_accept_input(&s->chr);
    }
    return ret;
}

static uint8_t serial_read_iir(SerialState *s)
{
    uint8_t ret = s->iir;

    if ((ret & (UART_IIR_ID | UART_IIR_NO_INT)) == UART_IIR_THRI) {
        s->thr_ipending = 0;
        serial_update_irq(s);
    }
    return ret;
}

static uint8_t serial_read_lsr(SerialState *s)
{
    uint8_t ret = s->lsr;

    if (s->lsr & (UART_LSR_BI | UART_LSR_OE)) {
        s->lsr &= ~(UART_LSR_BI | UART_LSR_OE);
        serial_update_irq(s);
    }
    return ret;
}

static uint8_t serial_read_msr(SerialState *s)
{
    uint8_t ret;

    if (s->mcr & UART_MCR_LOOP) {
        return (s->mcr & UART_MCR_OUT2 ? UART_MSR_DCD : 0) |
               (s->mcr & UART_MCR_OUT1 ? UART_MSR_RI : 0) |
               (s->mcr & UART_MCR_RTS ? UART_MSR_CTS : 0) |
               (s->mcr & UART_MCR_DTR ? UART_MSR_DSR : 0);
    }
    if (s->poll_msl >= 0) {
        serial_update_msl(s);
    }
    ret = s->msr;
    if (s->msr & UART_MSR_ANY_DELTA) {
        s->msr &= ~UART_MSR_ANY_DELTA;
        serial_update_irq(s);
    }
    return ret;
}

static uint64_t serial_ioport_read(void *opaque, hwaddr addr, unsigned size)
{
    SerialState *s = opaque;
    uint8_t ret = 0;

    switch (addr) {
    case UART_RBR_THR_DLL:
        ret = s->lcr & UART_LCR_DLAB ? s->divider & 0xff : serial_read_rbr(s);
        break;
    case UART_IER_DLM:
        ret = s->lcr & UART_LCR_DLAB ? s->divider >> 8 : s->ier;
        break;
    case UART_IIR_FCR:
        ret = serial_read_iir(s);
        break;
    case UART_LCR:
        ret = s->lcr;
        break;
    case UART_MCR:
        ret = s->mcr;
        break;
    case UART_LSR:
        ret = serial_read_lsr(s);
        break;
    case UART_MSR:
        ret = serial_read_msr(s);
        break;
    case UART_SCR:
        ret = s->scr;
        break;
    }
    trace_serial_read(addr, ret);
    return ret;
}

const MemoryRegionOps serial_io_ops = {
    .read = serial_ioport_read,
    .write = serial_ioport_write,
    .valid = {.unaligned = true},
    .impl = {.min_access_size = 1, .max_access_size = 1, .unaligned = true},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- reset ---- */

void serial_reset(SerialState *s)
{
    if (s->watch_tag > 0) {
        g_source_remove(s->watch_tag);
        s->watch_tag = 0;
    }
    s->rbr = 0;
    s->thr = 0;
    s->tsr = 0;
    s->ier = 0;
    s->iir = UART_IIR_NO_INT;
    s->lcr = 0;
    s->mcr = UART_MCR_OUT2;
    s->lsr = UART_LSR_TEMT | UART_LSR_THRE;
    s->msr = UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS;
    s->scr = 0;
    s->fcr = 0;
    s->divider = 0x0c; /* 9600 baud, the default of PC firmware */
    s->char_transmit_time = NANOSECONDS_PER_SECOND / 9600 * 10;
    s->tsr_retry = 0;
    s->poll_msl = 0;
    s->thr_ipending = 0;
    s->timeout_ipending = 0;
    s->last_break_enable = 0;
    timer_del(&s->fifo_timeout_timer);
    timer_del(&s->modem_status_poll);
    fifo8_reset(&s->recv_fifo);
    fifo8_reset(&s->xmit_fifo);
    qemu_irq_lower(s->irq);
    serial_update_msl(s);
    s->msr &= ~UART_MSR_ANY_DELTA;
}

/* The back end was replaced by another one. */
static int serial_be_change(void *opaque)
{
    SerialState *s = opaque;

    qemu_chr_fe_set_handlers(&s->chr, serial_chr_can_receive, serial_chr_receive, serial_chr_event,
                             serial_be_change, s, NULL, true);
    serial_update_parameters(s);
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &s->last_break_enable);
    s->poll_msl = !!(s->ier & UART_IER_MSI);
    serial_update_msl(s);
    if (s->poll_msl >= 0 && !(s->mcr & UART_MCR_LOOP)) {
        serial_update_tiocm(s);
    }
    if (s->watch_tag > 0) {
        g_source_remove(s->watch_tag);
        s->watch_tag = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, serial_watch_cb, s);
    }
    return 0;
}

bool serial_resume(SerialState *s)
{
    if (s->tsr_retry > 0) {
        /* A byte was on its way out when the source stopped. */
        if (s->lsr & UART_LSR_TEMT) {
            return false;
        }
        s->tsr_retry = MIN(s->tsr_retry, MAX_XMIT_RETRY);
        s->watch_tag = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, serial_watch_cb, s);
    } else {
        /* Without one, the transmitter does not stay busy. */
        s->lsr |= UART_LSR_TEMT | UART_LSR_THRE;
    }
    s->last_break_enable = !!(s->lcr & UART_LCR_BREAK);
    serial_apply_fcr(s, s->fcr_vmstate);
    serial_update_parameters(s);
    return true;
}

/* ---- object ---- */

static const Property serial_properties[] = {
    DEFINE_PROP_CHR("chardev", SerialState, chr),
    DEFINE_PROP_UINT32("baudbase", SerialState, baudbase, 115200),
    DEFINE_PROP_BOOL("wakeup", SerialState, wakeup, false),
};

static void serial_realize(DeviceState *dev, Error **errp)
{
    SerialState *s = SERIAL(dev);

    if (!s->baudbase) {
        error_setg(errp, "Property 'baudbase' can't be 0: 115200 is a PC's");
        return;
    }
    timer_init_ns(&s->modem_status_poll, QEMU_CLOCK_VIRTUAL, serial_modem_poll, s);
    timer_init_ns(&s->fifo_timeout_timer, QEMU_CLOCK_VIRTUAL, serial_fifo_timeout, s);
    qemu_chr_fe_set_handlers(&s->chr, serial_chr_can_receive, serial_chr_receive, serial_chr_event,
                             serial_be_change, s, NULL, true);
    fifo8_create(&s->recv_fifo, UART_FIFO_LENGTH);
    fifo8_create(&s->xmit_fifo, UART_FIFO_LENGTH);
    serial_reset(s);
}

static void serial_unrealize(DeviceState *dev)
{
    SerialState *s = SERIAL(dev);

    if (s->watch_tag > 0) {
        g_source_remove(s->watch_tag);
        s->watch_tag = 0;
    }
    qemu_chr_fe_deinit(&s->chr, false);
    timer_del(&s->modem_status_poll);
    timer_del(&s->fifo_timeout_timer);
    fifo8_destroy(&s->recv_fifo);
    fifo8_destroy(&s->xmit_fifo);
}

static void serial_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    /* Only a wrapper gives it registers and an interrupt. */
    dc->user_creatable = false;
    dc->realize = serial_realize;
    dc->unrealize = serial_unrealize;
    device_class_set_props(dc, serial_properties);
}

static const TypeInfo serial_types[] = {
    {
        .name = TYPE_SERIAL,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SerialState),
        .class_init = serial_class_init,
    },
};

DEFINE_TYPES(serial_types)
