/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of the PC16550D (data sheet, table II), and what its files share. */
#ifndef HW_CHAR_SERIAL_INT_H
#define HW_CHAR_SERIAL_INT_H

#include "hw/char/serial.h"

enum {
    UART_RBR_THR_DLL,
    UART_IER_DLM,
    UART_IIR_FCR,
    UART_LCR,
    UART_MCR,
    UART_LSR,
    UART_MSR,
    UART_SCR,
};

#define UART_LCR_DLAB      0x80 /* divisor latch access */
#define UART_LCR_BREAK     0x40
#define UART_LCR_PARITY    0x08
#define UART_LCR_EVEN      0x10
#define UART_LCR_STOP2     0x04

#define UART_IER_MSI       0x08 /* modem status */
#define UART_IER_RLSI      0x04 /* receiver line status */
#define UART_IER_THRI      0x02 /* transmitter holding register empty */
#define UART_IER_RDI       0x01 /* received data */

#define UART_IIR_NO_INT    0x01
#define UART_IIR_ID        0x06
#define UART_IIR_MSI       0x00
#define UART_IIR_THRI      0x02
#define UART_IIR_RDI       0x04
#define UART_IIR_RLSI      0x06
#define UART_IIR_CTI       0x0c /* character timeout */
#define UART_IIR_FE        0xc0 /* FIFOs are on */

#define UART_MCR_DTR       0x01
#define UART_MCR_RTS       0x02
#define UART_MCR_OUT1      0x04
#define UART_MCR_OUT2      0x08
#define UART_MCR_LOOP      0x10

#define UART_MSR_DCD       0x80
#define UART_MSR_RI        0x40
#define UART_MSR_DSR       0x20
#define UART_MSR_CTS       0x10
#define UART_MSR_DDCD      0x08
#define UART_MSR_TERI      0x04
#define UART_MSR_DDSR      0x02
#define UART_MSR_DCTS      0x01
#define UART_MSR_ANY_DELTA 0x0f

#define UART_LSR_TEMT      0x40 /* transmitter empty */
#define UART_LSR_THRE      0x20
#define UART_LSR_BI        0x10 /* break */
#define UART_LSR_FE        0x08
#define UART_LSR_PE        0x04
#define UART_LSR_OE        0x02 /* overrun */
#define UART_LSR_DR        0x01
#define UART_LSR_INT_ANY   0x1e

#define UART_FCR_ITL       0xc0 /* receive trigger level */
#define UART_FCR_DMS       0x08
#define UART_FCR_XFR       0x04 /* transmit FIFO reset */
#define UART_FCR_RFR       0x02
#define UART_FCR_FE        0x01

/* Sets up what follows from loaded state; false: it is contradictory. */
bool serial_resume(SerialState *s);

#endif
