/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I2C buses: who is addressed, and the way of bytes to and from it. */

#include "qemu/osdep.h"
#include "hw/i2c/i2c.h"
#include "hw/qdev-properties.h"

/* ---- transfers ---- */

static I2CSlave *find(I2CBus *bus, uint8_t address)
{
    BusChild *kid;

    QTAILQ_FOREACH (kid, &BUS(bus)->children, sibling) {
        if (I2C_SLAVE(kid->child)->address == address) {
            return I2C_SLAVE(kid->child);
        }
    }
    return NULL;
}

static bool tell(I2CBus *bus, enum i2c_event event)
{
    return !bus->current || I2C_SLAVE_GET_CLASS(bus->current)->event(bus->current, event);
}

bool i2c_start(I2CBus *bus, uint8_t address, bool recv)
{
    I2CSlave *s = find(bus, address);

    if (bus->current && bus->current != s) {
        i2c_end(bus);
    }
    bus->current = s;
    if (!s) {
        return false;
    }
    if (!tell(bus, recv ? I2C_START_RECV : I2C_START_SEND)) {
        bus->current = NULL;
        return false;
    }
    return true;
}

bool i2c_send(I2CBus *bus, uint8_t data)
{
    return bus->current && I2C_SLAVE_GET_CLASS(bus->current)->send(bus->current, data);
}

uint8_t i2c_recv(I2CBus *bus)
{
    return bus->current ? I2C_SLAVE_GET_CLASS(bus->current)->recv(bus->current) : 0xff;
}

void i2c_nack(I2CBus *bus)
{
    tell(bus, I2C_NACK);
}

void i2c_end(I2CBus *bus)
{
    tell(bus, I2C_FINISH);
    bus->current = NULL;
}

/* ---- types ---- */

I2CBus *i2c_init_bus(DeviceState *parent, const char *name)
{
    return I2C_BUS(qbus_new(TYPE_I2C_BUS, parent, name));
}

static char *i2c_dev_path(DeviceState *dev)
{
    return g_strdup_printf("%02x", I2C_SLAVE(dev)->address);
}

static void bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->get_dev_path = i2c_dev_path;
}

static const Property slave_props[] = {
    DEFINE_PROP_UINT8("address", I2CSlave, address, 0),
};

static void slave_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_I2C_BUS;
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
    device_class_set_props(dc, slave_props);
}

static const TypeInfo i2c_types[] = {
    {
        .name = TYPE_I2C_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(I2CBus),
        .class_init = bus_class_init,
    },
    {
        .name = TYPE_I2C_SLAVE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(I2CSlave),
        .class_size = sizeof(I2CSlaveClass),
        .class_init = slave_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(i2c_types)
