/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of a Linux input device to the machine's input, and the keys that give the device to the
 * machine or back to the host. Knows no file: input-linux.c does. Big lock held.
 */
#ifndef UI_INPUT_EVDEV_H
#define UI_INPUT_EVDEV_H

#include <linux/input.h>
#include "qapi/qapi-types-common.h"

typedef struct EvdevDecoder {
    /* configuration */
    bool repeat; /* keys that are held down come again */
    GrabToggleKeys toggle;
    struct {
        int min, max;
    } abs[2]; /* of ABS_X and ABS_Y */
    /* The device goes to the other side. */
    void (*toggle_grab)(void *opaque);
    /* Events were lost: calls evdev_set_keys(). */
    void (*resync)(void *opaque);
    void *opaque;

    /* state */
    bool grabbed; /* is the machine's; set by toggle_grab() */
    bool toggle_wanted, dropped;
    uint8_t down[DIV_ROUND_UP(KEY_CNT, 8)];
    int num_down;
} EvdevDecoder;

void evdev_decode(EvdevDecoder *d, const struct input_event *event);
/* Keys that are down now, a bit each as EVIOCGKEY has them; NULL: none. */
void evdev_set_keys(EvdevDecoder *d, const uint8_t *keys);

#endif
