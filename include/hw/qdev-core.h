/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices and buses.
 *
 * A device is made (qdev_new), configured by properties, realized on a bus (or
 * on none), and unrealized before it goes; once realized its configuration is
 * fixed. A bus is owned by a device and holds devices; the machine's main
 * system bus is the root. Everything here: big lock held.
 */
#ifndef HW_QDEV_CORE_H
#define HW_QDEV_CORE_H

#include "qemu/queue.h"
#include "qemu/bitmap.h"
#include "qemu/mem-reentrancy.h"
#include "qemu/rcu.h"
#include "qom/compat-properties.h"
#include "qom/object.h"
#include "hw/hotplug.h"
#include "hw/irq.h"
#include "hw/resettable.h"

typedef struct Property Property;
typedef struct VMStateDescription VMStateDescription;
typedef struct Monitor Monitor;
typedef struct QEMUBH QEMUBH;

#define TYPE_DEVICE "device"
OBJECT_DECLARE_TYPE(DeviceState, DeviceClass, DEVICE)
#define TYPE_BUS "bus"
OBJECT_DECLARE_TYPE(BusState, BusClass, BUS)

typedef enum DeviceCategory {
    DEVICE_CATEGORY_BRIDGE,
    DEVICE_CATEGORY_USB,
    DEVICE_CATEGORY_STORAGE,
    DEVICE_CATEGORY_NETWORK,
    DEVICE_CATEGORY_INPUT,
    DEVICE_CATEGORY_DISPLAY,
    DEVICE_CATEGORY_SOUND,
    DEVICE_CATEGORY_MISC,
    DEVICE_CATEGORY_CPU,
    DEVICE_CATEGORY_WATCHDOG,
    DEVICE_CATEGORY_MAX
} DeviceCategory;

typedef void (*DeviceRealize)(DeviceState *dev, Error **errp);
typedef void (*DeviceUnrealize)(DeviceState *dev);
typedef void (*BusRealize)(BusState *bus, Error **errp);
typedef void (*BusUnrealize)(BusState *bus);

struct DeviceClass {
    ObjectClass parent_class;

    DECLARE_BITMAP(categories, DEVICE_CATEGORY_MAX);
    const char *fw_name; /* name in firmware device paths */
    const char *desc;

    /* Set by device_class_set_props(); of this class only. */
    const Property *props_;
    uint16_t props_count_;

    /* false: only code makes it (it needs wiring); say why where it is set. */
    bool user_creatable;
    bool hotpluggable;

    /*
     * realize runs with all properties set and must leave nothing behind when it
     * fails; unrealize undoes it. A subclass that overrides keeps and calls its
     * parent's (device_class_set_parent_realize).
     */
    DeviceRealize realize;
    DeviceUnrealize unrealize;

    const VMStateDescription *vmsd;
    const char *bus_type; /* the bus it needs, NULL: none */
};

typedef struct NamedGPIOList NamedGPIOList;
struct NamedGPIOList {
    char *name; /* NULL: the unnamed ones */
    qemu_irq *in;
    int num_in;
    int num_out;
    QLIST_ENTRY(NamedGPIOList) node;
};

struct DeviceState {
    Object parent_obj;

    char *id;             /* user's name for it, NULL without */
    char *canonical_path; /* valid from realize until after unparent */
    bool realized;
    bool unrealized;                   /* (A) it was realized, and is not any more */
    bool unplug_requested;             /* of the guest, which has not let go yet */
    int64_t unplug_request_expires_ms; /* virtual time from which it may be asked again */
    int hotplugged;                    /* added at run time */
    bool allow_unplug_during_migration;
    QDict *opts; /* what -device or device_add said */
    BusState *parent_bus;
    QLIST_HEAD(, NamedGPIOList) gpios;
    QLIST_HEAD(, BusState) child_bus;
    int num_child_bus;
    int instance_id_alias; /* -1: none */
    int alias_required_for_version;
    ResettableState reset;
    GSList *unplug_blockers;                 /* of Error */
    MemReentrancyGuard mem_reentrancy_guard; /* held while its register callbacks run */
};

struct BusClass {
    ObjectClass parent_class;

    /* A line per device for "info qtree". */
    void (*print_dev)(Monitor *mon, DeviceState *dev, int indent);
    /* Name in vmstate ids and "-boot"-like paths; g_free'd by the caller, may be NULL. */
    char *(*get_dev_path)(DeviceState *dev);
    char *(*get_fw_dev_path)(DeviceState *dev);
    /* May @dev be plugged here? */
    bool (*check_address)(BusState *bus, DeviceState *dev, Error **errp);

    BusRealize realize;
    BusUnrealize unrealize;

    bool by_name_only; /* no place for a device that does not name its bus, nor is what is below */
    int max_dev;       /* 0: no limit */
    int automatic_ids; /* counts default names; qbus_init() */
};

typedef struct BusChild {
    DeviceState *child;
    int index;
    QTAILQ_ENTRY(BusChild) sibling;
} BusChild;

struct BusState {
    Object obj;

    DeviceState *parent; /* NULL for the main system bus */
    char *name;
    HotplugHandler *hotplug_handler;
    int max_index;
    bool realized;
    bool full; /* takes no more devices */
    int num_children;
    QTAILQ_HEAD(, BusChild) children; /* newest first */
    QLIST_ENTRY(BusState) sibling;
    ResettableState reset;
};

/* ---- devices ------------------------------------------------------------ */

/* A new device, one reference for the caller. The type must exist; try_: else NULL. */
DeviceState *qdev_new(const char *name);
DeviceState *qdev_try_new(const char *name);

/*
 * Puts @dev on @bus (NULL for a device that needs none) and realizes it. On
 * failure it is off the bus again. A device with no parent in the composition
 * tree becomes /machine/unattached/device[n].
 */
bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp);
/* The same and drops the caller's reference: the bus or tree keeps the device. */
bool qdev_realize_and_unref(DeviceState *dev, BusState *bus, Error **errp);
/* The object stays, off the bus only when it is unparented. */
void qdev_unrealize(DeviceState *dev);
/* What is on the buses of @dev, which a device whose realize() fails late must do itself. BQL. */
void qdev_unrealize_child_buses(DeviceState *dev);
static inline bool qdev_is_realized(const DeviceState *dev)
{
    return dev->realized;
}

/* Names it; with @id it becomes /machine/peripheral/@id, without peripheral-anon/device[n]. */
const char *qdev_set_id(DeviceState *dev, char *id, Error **errp);

static inline bool qdev_get_hotplugged(const DeviceState *dev)
{
    return dev->hotplugged;
}

/* Was a device hotplugged or unplugged since start? Then a saved state may not fit. */
bool qdev_machine_modified(void);

/* The one that speaks for @dev: the machine's if it wants to, else the bus's; may be NULL. */
HotplugHandler *qdev_get_bus_hotplug_handler(DeviceState *dev);
HotplugHandler *qdev_get_machine_hotplug_handler(DeviceState *dev);
HotplugHandler *qdev_get_hotplug_handler(DeviceState *dev);
bool qdev_hotplug_allowed(DeviceState *dev, BusState *bus, Error **errp);
bool qdev_hotunplug_allowed(DeviceState *dev, Error **errp);
/* unplug hook for buses with nothing to do but unrealize. */
/* The guest was asked to let go of @dev, and may take @ms of virtual time before it is again. */
void qdev_unplug_requested(DeviceState *dev, int64_t ms);
bool qdev_unplug_pending(const DeviceState *dev);
void qdev_simple_device_unplug_cb(HotplugHandler *hotplug_dev, DeviceState *dev, Error **errp);

/* Forbid unplug; the owner of @reason stays the caller, who removes it again. */
void qdev_add_unplug_blocker(DeviceState *dev, Error *reason);
void qdev_del_unplug_blocker(DeviceState *dev, Error *reason);
bool qdev_unplug_blocked(DeviceState *dev, Error **errp);

BusState *qdev_get_parent_bus(const DeviceState *dev);
BusState *qdev_get_child_bus(DeviceState *dev, const char *name);
/* The device with this id at or below @bus. */
DeviceState *qdev_find_recursive(BusState *bus, const char *id);
/* The bus's path for it, e.g. "0000:00:03.0"; NULL without; caller frees. */
char *qdev_get_dev_path(DeviceState *dev);
/* Path as firmware spells it, "/pci@i0cf8/ide@1,1/..."; caller frees. */
char *qdev_get_fw_dev_path(DeviceState *dev);
const char *qdev_fw_name(DeviceState *dev);
/* id, or composition path: for messages; caller frees. */
char *qdev_get_human_name(DeviceState *dev);
/* Is @dev not realized yet? Else, of a property that is not live: false and @errp. */
bool qdev_may_set_property(DeviceState *dev, const char *name, Error **errp);

#define QDEV_HOTPLUG_HANDLER_PROPERTY "hotplug-handler"

/* Moves a device between buses; keeps reset state right. */
bool qdev_set_parent_bus(DeviceState *dev, BusState *bus, Error **errp);

typedef int(qdev_walkerfn)(DeviceState *dev, void *opaque);
typedef int(qbus_walkerfn)(BusState *bus, void *opaque);
/* Depth first; pre functions before children, post after. Negative ends and skips as usual. */
int qdev_walk_children(DeviceState *dev, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque);
int qbus_walk_children(BusState *bus, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque);

/* ---- class set-up ------------------------------------------------------- */

/* In class_init: properties of this class; @props is a static array. */
#define device_class_set_props(dc, props)                                                          \
    do {                                                                                           \
        QEMU_BUILD_BUG_ON(sizeof(props) == 0);                                                     \
        device_class_set_props_n((dc), (props), G_N_ELEMENTS(props));                              \
    } while (0)
void device_class_set_props_n(DeviceClass *dc, const Property *props, size_t n);

void device_class_set_parent_realize(DeviceClass *dc, DeviceRealize dev_realize,
                                     DeviceRealize *parent_realize);
void device_class_set_parent_unrealize(DeviceClass *dc, DeviceUnrealize dev_unrealize,
                                       DeviceUnrealize *parent_unrealize);

static inline void device_class_set_category(DeviceClass *dc, DeviceCategory category)
{
    dc->categories[0] |= 1UL << category;
}

/* ---- wires -------------------------------------------------------------- */

/* @n inputs that call @handler(dev, line, level); in instance_init or realize. */
void qdev_init_gpio_in(DeviceState *dev, qemu_irq_handler handler, int n);
void qdev_init_gpio_in_named_with_opaque(DeviceState *dev, qemu_irq_handler handler, void *opaque,
                                         const char *name, int n);
static inline void qdev_init_gpio_in_named(DeviceState *dev, qemu_irq_handler handler,
                                           const char *name, int n)
{
    qdev_init_gpio_in_named_with_opaque(dev, handler, dev, name, n);
}
/* @n outputs; @pins (in the device's state) receive what is connected. */
void qdev_init_gpio_out(DeviceState *dev, qemu_irq *pins, int n);
void qdev_init_gpio_out_named(DeviceState *dev, qemu_irq *pins, const char *name, int n);

/* The line must exist. */
qemu_irq qdev_get_gpio_in(DeviceState *dev, int n);
qemu_irq qdev_get_gpio_in_named(DeviceState *dev, const char *name, int n);
void qdev_connect_gpio_out(DeviceState *dev, int n, qemu_irq pin);
void qdev_connect_gpio_out_named(DeviceState *dev, const char *name, int n, qemu_irq input_pin);
/* What output @n is connected to; NULL when nothing. */
qemu_irq qdev_get_gpio_out_connector(DeviceState *dev, const char *name, int n);
/* For tests: puts @icpt before an output, returns what was there. */
qemu_irq qdev_intercept_gpio_out(DeviceState *dev, qemu_irq icpt, const char *name, int n);
/* @container offers the lines @name of its part @dev as its own. */
void qdev_pass_gpios(DeviceState *dev, DeviceState *container, const char *name);
/* The existing list of that name or a new empty one. */
NamedGPIOList *qdev_get_named_gpio_list(DeviceState *dev, const char *name);

/* ---- buses -------------------------------------------------------------- */

/*
 * A bus embedded in @parent's state, resp. allocated. @name NULL: "<parent's
 * id>.<n>", or the type's name in lower case with a running number.
 */
void qbus_init(void *bus, size_t size, const char *typename, DeviceState *parent, const char *name);
BusState *qbus_new(const char *typename, DeviceState *parent, const char *name);
bool qbus_realize(BusState *bus, Error **errp);
void qbus_unrealize(BusState *bus);
static inline bool qbus_is_realized(BusState *bus)
{
    return bus->realized;
}

void qbus_set_hotplug_handler(BusState *bus, Object *handler);
void qbus_set_bus_hotplug_handler(BusState *bus); /* the bus itself */
bool qbus_is_hotpluggable(BusState *bus);
static inline void qbus_mark_full(BusState *bus)
{
    bus->full = true;
}
bool qbus_is_full(BusState *bus);

/* A child of @bus with this id, not recursive. */
DeviceState *qbus_find_child(BusState *bus, const char *id);
/* First bus called @name and/or of @bus_typename at or below @bus. */
BusState *qbus_find_recursive(BusState *bus, const char *name, const char *bus_typename);

/* The main system bus, made on first use. */
BusState *sysbus_get_default(void);

/* ---- reset -------------------------------------------------------------- */

/* The device (bus) and all below it, as at power-on. */
void device_cold_reset(DeviceState *dev);
void bus_cold_reset(BusState *bus);
bool device_is_in_reset(DeviceState *dev);

/* ---- listeners ---------------------------------------------------------- */

typedef struct DeviceListener DeviceListener;
struct DeviceListener {
    void (*realize)(DeviceListener *listener, DeviceState *dev);
    void (*unrealize)(DeviceListener *listener, DeviceState *dev);
    /* Asked for each -device: should it be hidden for now? */
    bool (*hide_device)(DeviceListener *listener, const QDict *device_opts, bool from_json,
                        Error **errp);
    QTAILQ_ENTRY(DeviceListener) link;
};
void device_listener_register(DeviceListener *listener);
void device_listener_unregister(DeviceListener *listener);
bool qdev_should_hide_device(const QDict *opts, bool from_json, Error **errp);

typedef struct BusListener BusListener;
struct BusListener {
    void (*realize)(BusListener *listener, BusState *bus);
    void (*unrealize)(BusListener *listener, BusState *bus);
    QTAILQ_ENTRY(BusListener) link;
};
void bus_listener_register(BusListener *listener);
void bus_listener_unregister(BusListener *listener);

/* ---- phases of start-up -------------------------------------------------- */

typedef enum MachineInitPhase {
    PHASE_NO_MACHINE,
    PHASE_MACHINE_CREATED,       /* the machine object exists, its properties are being set */
    PHASE_ACCEL_CREATED,         /* the accelerator is initialized */
    PHASE_LATE_BACKENDS_CREATED, /* all back ends exist */
    PHASE_MACHINE_INITIALIZED,   /* the board is built; -device is next */
    PHASE_MACHINE_READY,         /* from here on devices are hotplugged */
} MachineInitPhase;
bool phase_check(MachineInitPhase phase); /* reached or passed */
void phase_advance(MachineInitPhase phase);

/* ---- places in the composition tree ------------------------------------- */

/* "/machine"; made as a plain container when no machine was set up (tools, tests). */
Object *qdev_get_machine(void);
/* "/machine/<name>": "unattached", "peripheral", "peripheral-anon"; made on first use. */
Object *machine_get_container(const char *name);

#endif /* HW_QDEV_CORE_H */
