/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and codes of keys. */
#include "qemu/osdep.h"
#include "ui/input.h"

typedef struct KeyCodes {
    const char *name;
    uint16_t linux_code;
    uint16_t atset[3];
} KeyCodes;

static const KeyCodes key_codes[Q_KEY_CODE__MAX] = {
#define KEY(code, name, linux, set1, set2, set3) [code] = {name, linux, {set1, set2, set3}},
#include "keycodes.inc"
#undef KEY
};

static unsigned key_number(const KeyCodes *key)
{
    unsigned set1 = key->atset[0];

    return (set1 & 0x7f) | (set1 >> 8 ? 0x80 : 0);
}

QKeyCode qemu_input_key_number_to_qcode(unsigned nr)
{
    /* From the end: a number that two names have belongs to the more specific one. */
    for (int q = Q_KEY_CODE__MAX - 1; nr && q > Q_KEY_CODE_UNMAPPED; q--) {
        if (key_number(&key_codes[q]) == nr) {
            return q;
        }
    }
    return Q_KEY_CODE_UNMAPPED;
}

QKeyCode qemu_input_linux_to_qcode(unsigned lnx)
{
    for (int q = Q_KEY_CODE__MAX - 1; lnx && q > Q_KEY_CODE_UNMAPPED; q--) {
        if (key_codes[q].linux_code == lnx) {
            return q;
        }
    }
    return Q_KEY_CODE_UNMAPPED;
}

static const KeyCodes *key_of_qcode(QKeyCode qcode)
{
    return (unsigned)qcode < Q_KEY_CODE__MAX ? &key_codes[qcode] : &key_codes[Q_KEY_CODE_UNMAPPED];
}

unsigned qemu_input_qcode_to_linux(QKeyCode qcode)
{
    return key_of_qcode(qcode)->linux_code;
}

uint16_t qemu_input_qcode_to_atset(QKeyCode qcode, int set)
{
    return set >= 1 && set <= 3 ? key_of_qcode(qcode)->atset[set - 1] : 0;
}

QKeyCode qemu_input_key_value_to_qcode(const KeyValue *value)
{
    if (value->type == KEY_VALUE_KIND_QCODE) {
        return value->u.qcode.data;
    }
    return qemu_input_key_number_to_qcode(value->u.number.data);
}

int qemu_input_key_value_to_number(const KeyValue *value)
{
    if (value->type == KEY_VALUE_KIND_QCODE) {
        return key_number(key_of_qcode(value->u.qcode.data));
    }
    return value->u.number.data;
}

int qemu_input_key_value_to_scancode(const KeyValue *value, bool down, int *codes)
{
    int number = qemu_input_key_value_to_number(value);
    int count = 0;

    if (qemu_input_key_value_to_qcode(value) == Q_KEY_CODE_PAUSE) {
        /* E1 1D 45, E1 9D C5: the only key with three bytes. */
        codes[count++] = 0xe1;
        codes[count++] = 0x1d | (down ? 0 : 0x80);
        codes[count++] = 0x45 | (down ? 0 : 0x80);
        return count;
    }
    if (number & 0x80) {
        codes[count++] = 0xe0;
    }
    codes[count++] = (number & 0x7f) | (down ? 0 : 0x80);
    return count;
}
