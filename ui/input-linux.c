/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -object input-linux: a keyboard or a pointing device of the host by /dev/input/event*. While the
 * machine has it, no one else on the host hears of it. Main thread, big lock held.
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include "input-evdev.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qom/object_interfaces.h"

#define TYPE_INPUT_LINUX "input-linux"
OBJECT_DECLARE_SIMPLE_TYPE(InputLinux, INPUT_LINUX)

/* Events taken at a time. */
#define BATCH 64

struct InputLinux {
    Object parent_obj;

    /* configuration */
    char *evdev;
    bool grab_all; /* its keys switch the others with it */

    /* state */
    EvdevDecoder decoder;
    int fd;
    bool listening;
    struct input_event events[BATCH];
    size_t have; /* bytes of them */
    QTAILQ_ENTRY(InputLinux) next;
};

static QTAILQ_HEAD(, InputLinux) devices = QTAILQ_HEAD_INITIALIZER(devices);

/* ---- the device ---- */

static void toggle_one(InputLinux *s)
{
    int grab = !s->decoder.grabbed;

    if (ioctl(s->fd, EVIOCGRAB, grab) < 0) {
        warn_report("%s: cannot %s the device: %s", s->evdev, grab ? "grab" : "release",
                    strerror(errno));
        return;
    }
    s->decoder.grabbed = grab;
}

static void toggle(void *opaque)
{
    InputLinux *s = opaque, *other;

    toggle_one(s);
    QTAILQ_FOREACH (other, &devices, next) {
        if (s->grab_all && other != s && other->decoder.grabbed != s->decoder.grabbed) {
            toggle_one(other);
        }
    }
}

static void resync(void *opaque)
{
    InputLinux *s = opaque;
    uint8_t keys[sizeof(s->decoder.down)] = {};

    if (ioctl(s->fd, EVIOCGKEY(sizeof(keys)), keys) >= 0) {
        evdev_set_keys(&s->decoder, keys);
    }
}

/* It is gone: what was down comes up. */
static void lose(InputLinux *s, const char *why)
{
    warn_report("%s: %s; its input ends", s->evdev, why);
    qemu_set_fd_handler(s->fd, NULL, NULL, NULL);
    s->listening = false;
    evdev_set_keys(&s->decoder, NULL);
    s->decoder.grabbed = false;
}

static void readable(void *opaque)
{
    InputLinux *s = opaque;
    size_t count;
    ssize_t n;

    do {
        n = read(s->fd, (char *)s->events + s->have, sizeof(s->events) - s->have);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        lose(s, n ? strerror(errno) : "it was closed");
        return;
    }
    s->have += n;
    count = s->have / sizeof(s->events[0]);
    for (size_t i = 0; i < count; i++) {
        evdev_decode(&s->decoder, &s->events[i]);
    }
    s->have %= sizeof(s->events[0]);
    memmove(s->events, &s->events[count], s->have);
}

static bool open_device(InputLinux *s, Error **errp)
{
    int version;

    s->fd = qemu_open(s->evdev, O_RDWR | O_NONBLOCK, errp);
    if (s->fd < 0) {
        return false;
    }
    if (ioctl(s->fd, EVIOCGVERSION, &version) < 0) {
        error_setg(errp, "evdev='%s' is no input device of Linux, as those in /dev/input are",
                   s->evdev);
        return false;
    }
    return true;
}

static void read_axes(InputLinux *s)
{
    for (int axis = ABS_X; axis <= ABS_Y; axis++) {
        struct input_absinfo info;

        if (ioctl(s->fd, EVIOCGABS(axis), &info) >= 0) {
            s->decoder.abs[axis].min = info.minimum;
            s->decoder.abs[axis].max = info.maximum;
        }
    }
}

static void input_linux_complete(UserCreatable *uc, Error **errp)
{
    InputLinux *s = INPUT_LINUX(uc);

    if (!s->evdev) {
        error_setg(errp, "property 'evdev' is missing: the path of a device in /dev/input");
        return;
    }
    if (!open_device(s, errp)) {
        return;
    }
    read_axes(s);
    resync(s);
    qemu_set_fd_handler(s->fd, readable, NULL, s);
    s->listening = true;
    /* The key that started us may be down still. */
    if (s->decoder.num_down) {
        s->decoder.toggle_wanted = true;
    } else {
        toggle_one(s);
    }
}

/* ---- properties ---- */

static char *get_evdev(Object *obj, Error **errp)
{
    return g_strdup(INPUT_LINUX(obj)->evdev);
}

static void set_evdev(Object *obj, const char *value, Error **errp)
{
    InputLinux *s = INPUT_LINUX(obj);

    if (s->fd >= 0) {
        error_setg(errp, "property 'evdev' cannot be changed once the device is open");
        return;
    }
    g_free(s->evdev);
    s->evdev = g_strdup(value);
}

static bool get_grab_all(Object *obj, Error **errp)
{
    return INPUT_LINUX(obj)->grab_all;
}

static void set_grab_all(Object *obj, bool value, Error **errp)
{
    INPUT_LINUX(obj)->grab_all = value;
}

static bool get_repeat(Object *obj, Error **errp)
{
    return INPUT_LINUX(obj)->decoder.repeat;
}

static void set_repeat(Object *obj, bool value, Error **errp)
{
    INPUT_LINUX(obj)->decoder.repeat = value;
}

static int get_grab_toggle(Object *obj, Error **errp)
{
    return INPUT_LINUX(obj)->decoder.toggle;
}

static void set_grab_toggle(Object *obj, int value, Error **errp)
{
    INPUT_LINUX(obj)->decoder.toggle = value;
}

/* ---- life ---- */

static void input_linux_init(Object *obj)
{
    InputLinux *s = INPUT_LINUX(obj);

    s->fd = -1;
    s->decoder.toggle_grab = toggle;
    s->decoder.resync = resync;
    s->decoder.opaque = s;
    QTAILQ_INSERT_TAIL(&devices, s, next);
}

static void input_linux_finalize(Object *obj)
{
    InputLinux *s = INPUT_LINUX(obj);

    QTAILQ_REMOVE(&devices, s, next);
    if (s->listening) {
        qemu_set_fd_handler(s->fd, NULL, NULL, NULL);
        evdev_set_keys(&s->decoder, NULL);
    }
    if (s->fd >= 0) {
        qemu_close(s->fd); /* which releases it */
    }
    g_free(s->evdev);
}

static void input_linux_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = input_linux_complete;
    object_class_property_add_str(oc, "evdev", get_evdev, set_evdev);
    object_class_property_set_description(oc, "evdev", "Device of the host, /dev/input/event...");
    object_class_property_add_bool(oc, "grab_all", get_grab_all, set_grab_all);
    object_class_property_set_description(oc, "grab_all",
                                          "Whether its keys switch all such devices");
    object_class_property_add_bool(oc, "repeat", get_repeat, set_repeat);
    object_class_property_set_description(oc, "repeat", "Whether keys that are held come again");
    object_class_property_add_enum(oc, "grab-toggle", "GrabToggleKeys", &GrabToggleKeys_lookup,
                                   get_grab_toggle, set_grab_toggle);
    object_class_property_set_description(oc, "grab-toggle",
                                          "Keys that give the device to the machine or the host");
}

static const TypeInfo input_linux_types[] = {
    {
        .name = TYPE_INPUT_LINUX,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(InputLinux),
        .instance_init = input_linux_init,
        .instance_finalize = input_linux_finalize,
        .class_init = input_linux_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
};

DEFINE_TYPES(input_linux_types)
