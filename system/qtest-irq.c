/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The qtest protocol's view of wires: report what happens on those of a device,
 * and drive its inputs. A reported wire still reaches what it is connected to.
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "qtest-internal.h"

/* A wire that is reported: where it went before, and whom to tell. */
typedef struct QTestWire {
    QTestServer *server;
    qemu_irq next;
    int n;
} QTestWire;

static void report(QTestServer *s, int n, int level)
{
    if (n < QTEST_MAX_IRQS && s->irq_level[n] != (level != 0)) {
        s->irq_level[n] = level != 0;
        qtest_send(s, "IRQ %s %d", level ? "raise" : "lower", n);
    }
}

static void wire_changed(void *opaque, int n, int level)
{
    QTestWire *wire = opaque;

    qemu_set_irq(wire->next, level);
    report(wire->server, wire->n, level);
}

/* Wires stay reported for the life of the program: the copies are never freed. */
static QTestWire *wire_new(QTestServer *s, int n)
{
    QTestWire *wire = g_new0(QTestWire, 1);

    wire->server = s;
    wire->n = n;
    return wire;
}

static void intercept_input(QTestServer *s, qemu_irq line, int n)
{
    QTestWire *wire = wire_new(s, n);

    wire->next = qemu_allocate_irq(line->handler, line->opaque, line->n);
    line->handler = wire_changed;
    line->opaque = wire;
}

static void intercept_output(QTestServer *s, DeviceState *dev, const char *name, int n)
{
    QTestWire *wire = wire_new(s, n);

    wire->next = qdev_intercept_gpio_out(dev, qemu_allocate_irq(wire_changed, wire, n), name, n);
}

/* NULL if there is none; the reply was sent. */
static DeviceState *find_device(QTestServer *s, const char *path)
{
    Object *obj = object_resolve_path(path, NULL);
    DeviceState *dev = (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE);

    if (!dev) {
        qtest_send(s, "FAIL there is no device '%.80s'", path);
    }
    return dev;
}

static NamedGPIOList *find_wires(DeviceState *dev, const char *name)
{
    NamedGPIOList *list;

    QLIST_FOREACH (list, &dev->gpios, node) {
        if (!g_strcmp0(list->name, name)) {
            return list;
        }
    }
    return NULL;
}

static void do_intercept(QTestServer *s, char **words)
{
    bool outputs = g_str_has_suffix(words[0], "_out");
    DeviceState *dev = find_device(s, words[1]);
    NamedGPIOList *list;

    if (!dev) {
        return;
    }
    if (s->intercepted) {
        if (s->intercepted == dev) {
            qtest_send(s, "OK");
        } else {
            qtest_send(s, "FAIL the wires of another device are reported already");
        }
        return;
    }
    list = find_wires(dev, words[2]);
    if (!list || !(outputs ? list->num_out : list->num_in)) {
        qtest_send(s, "FAIL '%.80s' has no such wires", words[1]);
        return;
    }
    for (int i = 0; i < (outputs ? list->num_out : list->num_in); i++) {
        if (outputs) {
            intercept_output(s, dev, list->name, i);
        } else {
            intercept_input(s, list->in[i], i);
        }
    }
    s->intercepted = dev;
    object_ref(dev);
    qtest_send(s, "OK");
}

static void do_set_irq_in(QTestServer *s, char **words)
{
    DeviceState *dev = find_device(s, words[1]);
    const char *name = strcmp(words[2], "unnamed-gpio-in") ? words[2] : NULL;
    NamedGPIOList *list;
    uint64_t n, level;

    if (!dev || !qtest_number(s, "input", words[3], INT_MAX, &n) ||
        !qtest_number(s, "level", words[4], INT_MAX, &level)) {
        return;
    }
    list = find_wires(dev, name);
    if (!list || n >= list->num_in) {
        qtest_send(s, "FAIL '%.80s' has no input '%.40s' %" PRIu64, words[1], words[2], n);
        return;
    }
    qemu_set_irq(list->in[n], level);
    qtest_send(s, "OK");
}

const QTestCommand qtest_irq_commands[] = {
    {"irq_intercept_in", 1, 1, do_intercept},
    {"irq_intercept_out", 1, 2, do_intercept},
    {"set_irq_in", 4, 4, do_set_irq_in},
    {NULL},
};
