/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For test programs that drive a machine from outside (docs/devel/qtest.md).
 * The emulator is named by the environment variable QTEST_QEMU_BINARY, firmware
 * that does nothing by QTEST_FIRMWARE. Whatever goes wrong (no reply within a
 * minute, FAIL, the emulator ends) ends the test program with a message.
 */
#ifndef LIBQTEST_H
#define LIBQTEST_H

#include "qemu/osdep.h"
#include "qobject/qdict.h"

typedef struct QTestState QTestState;

/* Starts the emulator with @args, split as a shell does; "-machine pc" is up to the caller. */
QTestState *qtest_init(const char *args);
QTestState *qtest_initf(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
/* Ends the emulator (QMP quit), which must end with status 0. Frees @s. */
void qtest_quit(QTestState *s);
/* The emulator ends by itself: its exit status. Frees @s. */
int qtest_wait_exit(QTestState *s);

/* ---- accesses ---- */

void qtest_outb(QTestState *s, uint16_t port, uint8_t value);
void qtest_outw(QTestState *s, uint16_t port, uint16_t value);
void qtest_outl(QTestState *s, uint16_t port, uint32_t value);
/* A write that may end the emulator: does not wait for a reply, and none may be asked for after. */
void qtest_outb_async(QTestState *s, uint16_t port, uint8_t value);
uint8_t qtest_inb(QTestState *s, uint16_t port);
uint16_t qtest_inw(QTestState *s, uint16_t port);
uint32_t qtest_inl(QTestState *s, uint16_t port);

void qtest_writeb(QTestState *s, uint64_t addr, uint8_t value);
void qtest_writew(QTestState *s, uint64_t addr, uint16_t value);
void qtest_writel(QTestState *s, uint64_t addr, uint32_t value);
void qtest_writeq(QTestState *s, uint64_t addr, uint64_t value);
uint8_t qtest_readb(QTestState *s, uint64_t addr);
uint16_t qtest_readw(QTestState *s, uint64_t addr);
uint32_t qtest_readl(QTestState *s, uint64_t addr);
uint64_t qtest_readq(QTestState *s, uint64_t addr);
void qtest_memread(QTestState *s, uint64_t addr, void *data, size_t size);
void qtest_memwrite(QTestState *s, uint64_t addr, const void *data, size_t size);
void qtest_memset(QTestState *s, uint64_t addr, uint8_t pattern, size_t size);

/* ---- clock: all return the new time in ns ---- */

int64_t qtest_clock_step(QTestState *s, int64_t ns);
int64_t qtest_clock_step_next(QTestState *s);
int64_t qtest_clock_set(QTestState *s, int64_t ns);

/* ---- wires ---- */

void qtest_irq_intercept_in(QTestState *s, const char *qom_path);
void qtest_irq_intercept_out(QTestState *s, const char *qom_path);
void qtest_irq_intercept_out_named(QTestState *s, const char *qom_path, const char *name);
/* @name NULL: the unnamed inputs. */
void qtest_set_irq_in(QTestState *s, const char *qom_path, const char *name, int n, int level);
/* Level of an intercepted wire after the last command, and how often it rose so far. */
bool qtest_get_irq(QTestState *s, int n);
unsigned qtest_get_irq_count(QTestState *s, int n);

/* ---- one line of the protocol as it is ---- */

/* The reply to @line, good or bad; g_free(). */
char *qtest_raw(QTestState *s, const char *line, ssize_t len);

/* ---- QMP and the human monitor ---- */

/* The response to a command in JSON; qobject_unref(). Events meanwhile are kept. */
QDict *qtest_qmp(QTestState *s, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
void qtest_qmp_assert_success(QTestState *s, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* Waits for an event of this name, dropping others; its members, qobject_unref(). */
QDict *qtest_qmp_eventwait_ref(QTestState *s, const char *event);
void qtest_qmp_eventwait(QTestState *s, const char *event);
/* What the monitor prints; g_free(). */
char *qtest_hmp(QTestState *s, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* Stops the machine and saves its state to the file at @path, for "-incoming file:PATH". */
void qtest_save(QTestState *s, const char *path);
/* A machine with these options that has loaded such a file; it is stopped, as it was when saved. */
QTestState *qtest_load(const char *args, const char *path);
/* Started with these options, the emulator ends with status 1 and says @words. */
void qtest_refused(const char *options, const char *words);
/* A reset by QMP, done when it returns. */
void qtest_system_reset(QTestState *s);

/* ---- PCI configuration mechanism #1, and 440FX bus 0 ---- */

#define QPCI_DEVFN(slot, fn) ((slot) << 3 | (fn))

uint8_t qpci_config_readb(QTestState *s, int devfn, int offset);
uint16_t qpci_config_readw(QTestState *s, int devfn, int offset);
uint32_t qpci_config_readl(QTestState *s, int devfn, int offset);
void qpci_config_writeb(QTestState *s, int devfn, int offset, uint8_t value);
void qpci_config_writew(QTestState *s, int devfn, int offset, uint16_t value);
void qpci_config_writel(QTestState *s, int devfn, int offset, uint32_t value);
/* Offset of a capability, 0 if there is none. */
int qpci_find_capability(QTestState *s, int devfn, uint8_t id);

#endif
