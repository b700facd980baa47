/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial EEPROM of 256 bytes (24C02) on an SMBus.
 *
 * Specification: JEDEC 21-C, 4.1.3: the first byte written is an address; others go
 * to the EEPROM from there; reading goes on where the address stands.
 */

#include "qemu/osdep.h"
#include "hw/i2c/smbus_eeprom.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"

#define EEPROM_SIZE   256
#define FIRST_ADDRESS 0x50
#define NUM_MODULES   8

OBJECT_DECLARE_SIMPLE_TYPE(SMBusEEPROMState, SMBUS_EEPROM)

struct SMBusEEPROMState {
    I2CSlave parent_obj;

    /* state */
    uint8_t data[EEPROM_SIZE];
    uint8_t offset;
    bool addressed; /* the first byte of this write was there */
};

static bool eeprom_event(I2CSlave *i2c, enum i2c_event event)
{
    SMBUS_EEPROM(i2c)->addressed = false;
    return true;
}

static bool eeprom_send(I2CSlave *i2c, uint8_t data)
{
    SMBusEEPROMState *s = SMBUS_EEPROM(i2c);

    if (s->addressed) {
        s->data[s->offset++] = data;
    } else {
        s->offset = data;
        s->addressed = true;
    }
    return true;
}

static uint8_t eeprom_recv(I2CSlave *i2c)
{
    SMBusEEPROMState *s = SMBUS_EEPROM(i2c);

    return s->data[s->offset++];
}

/* What it holds needs no power. */
static void eeprom_reset_enter(Object *obj, ResetType type)
{
    SMBusEEPROMState *s = SMBUS_EEPROM(obj);

    s->offset = 0;
    s->addressed = false;
}

static const VMStateDescription vmstate_smbus_eeprom = {
    .name = TYPE_SMBUS_EEPROM,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8_ARRAY(data, SMBusEEPROMState, EEPROM_SIZE),
            VMSTATE_UINT8(offset, SMBusEEPROMState),
            VMSTATE_BOOL(addressed, SMBusEEPROMState),
            VMSTATE_END_OF_LIST(),
        },
};

static void eeprom_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    I2CSlaveClass *sc = I2C_SLAVE_CLASS(klass);

    sc->event = eeprom_event;
    sc->send = eeprom_send;
    sc->recv = eeprom_recv;
    dc->vmsd = &vmstate_smbus_eeprom;
    dc->user_creatable = false; /* a board's, at the addresses of its memory modules */
    RESETTABLE_CLASS(klass)->phases.enter = eeprom_reset_enter;
}

void smbus_eeprom_init(I2CBus *bus)
{
    for (int i = 0; i < NUM_MODULES; i++) {
        DeviceState *dev = qdev_new(TYPE_SMBUS_EEPROM);

        qdev_prop_set_uint8(dev, "address", FIRST_ADDRESS + i);
        qdev_realize_and_unref(dev, BUS(bus), &error_fatal);
    }
}

static const TypeInfo smbus_eeprom_types[] = {
    {
        .name = TYPE_SMBUS_DEVICE,
        .parent = TYPE_I2C_SLAVE,
        .instance_size = sizeof(I2CSlave),
        .class_size = sizeof(I2CSlaveClass),
        .abstract = true,
    },
    {
        .name = TYPE_SMBUS_EEPROM,
        .parent = TYPE_SMBUS_DEVICE,
        .instance_size = sizeof(SMBusEEPROMState),
        .class_init = eeprom_class_init,
    },
};

DEFINE_TYPES(smbus_eeprom_types)
