/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * I2C buses (NXP UM10204): one master at a time addresses one device and moves bytes to
 * or from it. BQL held.
 */
#ifndef HW_I2C_I2C_H
#define HW_I2C_I2C_H

#include "hw/qdev-core.h"

#define TYPE_I2C_BUS   "i2c-bus"
#define TYPE_I2C_SLAVE "i2c-slave"
OBJECT_DECLARE_SIMPLE_TYPE(I2CBus, I2C_BUS)
OBJECT_DECLARE_TYPE(I2CSlave, I2CSlaveClass, I2C_SLAVE)

enum i2c_event {
    I2C_START_RECV, /* the master will read */
    I2C_START_SEND, /* the master will write */
    I2C_FINISH,
    I2C_NACK, /* the master wants no more bytes */
};

struct I2CSlaveClass {
    DeviceClass parent_class;

    /* false: the device does not answer to its address now */
    bool (*event)(I2CSlave *s, enum i2c_event event);
    bool (*send)(I2CSlave *s, uint8_t data); /* false: not acknowledged */
    uint8_t (*recv)(I2CSlave *s);
};

struct I2CSlave {
    DeviceState qdev;

    uint8_t address; /* 7 bits */
};

struct I2CBus {
    BusState qbus;

    I2CSlave *current; /* the device that was addressed */
};

I2CBus *i2c_init_bus(DeviceState *parent, const char *name);

/* Each transfer begins with a start, and may have more of them; false: nobody answers. */
bool i2c_start(I2CBus *bus, uint8_t address, bool recv);
bool i2c_send(I2CBus *bus, uint8_t data);
uint8_t i2c_recv(I2CBus *bus); /* FFh when nobody drives the lines */
void i2c_nack(I2CBus *bus);
void i2c_end(I2CBus *bus);

#endif
