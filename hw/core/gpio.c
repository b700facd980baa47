/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device's wires: inputs are child objects of type irq, outputs are links to
 * such objects. Property names: "NAME[N]", or "unnamed-gpio-in[N]" and
 * "unnamed-gpio-out[N]" where the wires have no name.
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "qdev-internal.h"

static char *gpio_in_name(const char *name, int n)
{
    return g_strdup_printf("%s[%d]", name ? name : "unnamed-gpio-in", n);
}

static char *gpio_out_name(const char *name, int n)
{
    return g_strdup_printf("%s[%d]", name ? name : "unnamed-gpio-out", n);
}

/* Code wires a line right now, not a user who sets the property. BQL. */
static bool wiring;

/*
 * Who ties a line of a device that runs to another makes loops of devices that call each other
 * without end, as no board has.
 */
static void check_wire(const Object *obj, const char *name, Object *val, Error **errp)
{
    if (!wiring) {
        qdev_may_set_property(DEVICE(obj), name, errp);
    }
}

NamedGPIOList *qdev_get_named_gpio_list(DeviceState *dev, const char *name)
{
    NamedGPIOList *ngl;

    QLIST_FOREACH (ngl, &dev->gpios, node) {
        if (g_strcmp0(name, ngl->name) == 0) {
            return ngl;
        }
    }
    ngl = g_new0(NamedGPIOList, 1);
    ngl->name = g_strdup(name);
    QLIST_INSERT_HEAD(&dev->gpios, ngl, node);
    return ngl;
}

void qdev_init_gpio_in_named_with_opaque(DeviceState *dev, qemu_irq_handler handler, void *opaque,
                                         const char *name, int n)
{
    NamedGPIOList *ngl = qdev_get_named_gpio_list(dev, name);

    g_assert(ngl->num_out == 0 || !name);
    ngl->in = qemu_extend_irqs(ngl->in, ngl->num_in, handler, opaque, n);
    for (int i = ngl->num_in; i < ngl->num_in + n; i++) {
        g_autofree char *propname = gpio_in_name(name, i);

        object_property_add_child(OBJECT(dev), propname, OBJECT(ngl->in[i]));
        object_unref(ngl->in[i]);
    }
    ngl->num_in += n;
}

void qdev_init_gpio_in(DeviceState *dev, qemu_irq_handler handler, int n)
{
    qdev_init_gpio_in_named(dev, handler, NULL, n);
}

void qdev_init_gpio_out_named(DeviceState *dev, qemu_irq *pins, const char *name, int n)
{
    NamedGPIOList *ngl = qdev_get_named_gpio_list(dev, name);

    g_assert(ngl->num_in == 0 || !name);
    memset(pins, 0, sizeof(*pins) * n);
    for (int i = 0; i < n; i++) {
        g_autofree char *propname = gpio_out_name(name, ngl->num_out + i);

        object_property_add_link(OBJECT(dev), propname, TYPE_IRQ, (Object **)&pins[i], check_wire,
                                 OBJ_PROP_LINK_STRONG)
            ->live = true; /* check_wire() answers */
    }
    ngl->num_out += n;
}

void qdev_init_gpio_out(DeviceState *dev, qemu_irq *pins, int n)
{
    qdev_init_gpio_out_named(dev, pins, NULL, n);
}

qemu_irq qdev_get_gpio_in_named(DeviceState *dev, const char *name, int n)
{
    NamedGPIOList *ngl = qdev_get_named_gpio_list(dev, name);

    g_assert(n >= 0 && n < ngl->num_in);
    return ngl->in[n];
}

qemu_irq qdev_get_gpio_in(DeviceState *dev, int n)
{
    return qdev_get_gpio_in_named(dev, NULL, n);
}

void qdev_connect_gpio_out_named(DeviceState *dev, const char *name, int n, qemu_irq input_pin)
{
    g_autofree char *propname = gpio_out_name(name, n);

    if (input_pin && !OBJECT(input_pin)->parent) {
        /* A line made by qemu_allocate_irq(): give it a path, so that the link reads well. */
        object_property_add_child(machine_get_container("unattached"), "non-qdev-gpio[*]",
                                  OBJECT(input_pin));
    }
    wiring = true;
    object_property_set_link(OBJECT(dev), propname, OBJECT(input_pin), &error_abort);
    wiring = false;
}

void qdev_connect_gpio_out(DeviceState *dev, int n, qemu_irq pin)
{
    qdev_connect_gpio_out_named(dev, NULL, n, pin);
}

qemu_irq qdev_get_gpio_out_connector(DeviceState *dev, const char *name, int n)
{
    g_autofree char *propname = gpio_out_name(name, n);

    return (qemu_irq)object_property_get_link(OBJECT(dev), propname, NULL);
}

qemu_irq qdev_intercept_gpio_out(DeviceState *dev, qemu_irq icpt, const char *name, int n)
{
    qemu_irq connected = qdev_get_gpio_out_connector(dev, name, n);

    /* The link's reference passes to whoever forwards to it. */
    object_ref(connected);
    qdev_connect_gpio_out_named(dev, name, n, icpt);
    return connected;
}

void qdev_pass_gpios(DeviceState *dev, DeviceState *container, const char *name)
{
    NamedGPIOList *ngl = qdev_get_named_gpio_list(dev, name);

    for (int i = 0; i < ngl->num_in; i++) {
        g_autofree char *propname = gpio_in_name(name, i);

        object_property_add_alias(OBJECT(container), propname, OBJECT(dev), propname);
    }
    for (int i = 0; i < ngl->num_out; i++) {
        g_autofree char *propname = gpio_out_name(name, i);

        object_property_add_alias(OBJECT(container), propname, OBJECT(dev), propname);
    }
    QLIST_REMOVE(ngl, node);
    QLIST_INSERT_HEAD(&container->gpios, ngl, node);
}

void device_free_gpios(DeviceState *dev)
{
    NamedGPIOList *ngl, *next;

    QLIST_FOREACH_SAFE (ngl, &dev->gpios, node, next) {
        QLIST_REMOVE(ngl, node);
        /* The lines themselves went with the properties. */
        g_free(ngl->in);
        g_free(ngl->name);
        g_free(ngl);
    }
}
