/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI function for measuring and testing accesses to registers: in memory
 * (BAR 0) and I/O space (BAR 1).
 *
 * Each of the two starts with a header. A byte written to its start selects one
 * of three tests, or none if there is no such test; then the header tells which
 * access of how many bytes, with what data, at which offset the test is about:
 *
 *   0 test      1 width      4 offset      8 data      12 count      16 name
 *
 * Accesses that fit are counted if they come to this device. In two of the tests
 * an event notifier takes them on the way; the first has none. BAR 2 is memory of
 * any size, with nothing or RAM behind it.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/event_notifier.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"

#define TYPE_PCI_TESTDEV "pci-testdev"
OBJECT_DECLARE_SIMPLE_TYPE(PCITestdevState, PCI_TESTDEV)

#define TESTS_PER_BAR 3
#define MEM_SIZE      4096
#define IO_SIZE       256
#define NO_TEST       UINT8_MAX

enum {
    HDR_TEST = 0,
    HDR_WIDTH = 1,
    HDR_OFFSET = 4,
    HDR_DATA = 8,
    HDR_COUNT = 12,
    HDR_NAME = 16,
};

/* How an access of a test comes to the device. */
typedef enum Delivery { DELIVER_ACCESS, DELIVER_EVENT, DELIVER_EVENT_IF_DATA } Delivery;

typedef struct TestKind {
    const char *name;
    uint8_t data;
    Delivery delivery;
} TestKind;

static const TestKind kinds[TESTS_PER_BAR] = {
    {"no-eventfd", 0xfa, DELIVER_ACCESS},
    {"wildcard-eventfd", 0xce, DELIVER_EVENT},
    {"datamatch-eventfd", 0xfa, DELIVER_EVENT_IF_DATA},
};

typedef struct TestBar {
    /* config */
    const char *space;    /* first part of the tests' names */
    uint8_t first_test;   /* number of this BAR's first test in the header */
    uint16_t test_offset; /* of test 0; that of others lies as many bytes behind as their number */

    /* wiring */
    MemoryRegion mr;
    EventNotifier notifier;

    /* state */
    uint8_t current; /* index in kinds[], or NO_TEST */
    uint32_t count;
} TestBar;

struct PCITestdevState {
    PCIDevice parent_obj;

    /* config */
    uint64_t membar_size;
    bool membar_backed;

    TestBar bar[2];
    MemoryRegion membar;
};

static hwaddr target_offset(const TestBar *b)
{
    return b->test_offset + b->first_test + b->current;
}

/* ---- selecting a test ---- */

static void select_test(TestBar *b, uint8_t test)
{
    if (b->current != NO_TEST && kinds[b->current].delivery != DELIVER_ACCESS) {
        memory_region_del_eventfd(&b->mr, target_offset(b), 1,
                                  kinds[b->current].delivery == DELIVER_EVENT_IF_DATA,
                                  kinds[b->current].data, &b->notifier);
    }
    b->count = 0;
    b->current = test < TESTS_PER_BAR ? test : NO_TEST;
    if (b->current != NO_TEST && kinds[b->current].delivery != DELIVER_ACCESS) {
        memory_region_add_eventfd(&b->mr, target_offset(b), 1,
                                  kinds[b->current].delivery == DELIVER_EVENT_IF_DATA,
                                  kinds[b->current].data, &b->notifier);
    }
}

/* ---- registers ---- */

static void make_header(const TestBar *b, uint8_t *hdr, size_t size)
{
    const TestKind *kind = &kinds[b->current];

    hdr[HDR_TEST] = b->first_test + b->current;
    hdr[HDR_WIDTH] = 1;
    stl_le_p(hdr + HDR_OFFSET, target_offset(b));
    hdr[HDR_DATA] = kind->data;
    stl_le_p(hdr + HDR_COUNT, b->count);
    snprintf((char *)hdr + HDR_NAME, size - HDR_NAME, "%s-%s", b->space, kind->name);
}

static uint64_t testdev_read(void *opaque, hwaddr addr, unsigned len)
{
    const TestBar *b = opaque;
    uint8_t hdr[64] = {};

    if (b->current == NO_TEST || addr + len > sizeof(hdr)) {
        return 0;
    }
    make_header(b, hdr, sizeof(hdr));
    return ldn_le_p(hdr + addr, len);
}

static void testdev_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    TestBar *b = opaque;
    const TestKind *kind;

    if (addr == HDR_TEST) {
        select_test(b, val);
        return;
    }
    if (b->current == NO_TEST || addr != target_offset(b)) {
        return;
    }
    kind = &kinds[b->current];
    /* Only KVM takes accesses that fit the notifier before they get here. */
    if (len == 1 && (kind->delivery == DELIVER_EVENT ||
                     (kind->delivery == DELIVER_EVENT_IF_DATA && val == kind->data))) {
        event_notifier_set(&b->notifier);
    } else if (val == kind->data) {
        b->count++;
    }
}

static const MemoryRegionOps testdev_ops = {
    .read = testdev_read,
    .write = testdev_write,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- the device ---- */

static void deselect_tests(PCITestdevState *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(s->bar); i++) {
        select_test(&s->bar[i], NO_TEST);
    }
}

static void pci_testdev_reset_hold(Object *obj, ResetType type)
{
    pci_device_reset_hold(obj, type);
    deselect_tests(PCI_TESTDEV(obj));
}

static void pci_testdev_exit(PCIDevice *pci)
{
    PCITestdevState *s = PCI_TESTDEV(pci);

    deselect_tests(s);
    for (size_t i = 0; i < ARRAY_SIZE(s->bar); i++) {
        event_notifier_cleanup(&s->bar[i].notifier);
    }
}

/* BAR 2: what is asked for, rounded up to what a BAR can be. */
static bool add_membar(PCITestdevState *s, Error **errp)
{
    uint64_t size;

    if (s->membar_size > 1ull << 62) {
        error_setg(errp, "Property 'membar' can't be %" PRIu64 ": a BAR has at most 4 EiB",
                   s->membar_size);
        return false;
    }
    size = MAX(pow2ceil(s->membar_size), qemu_real_host_page_size());
    if (s->membar_backed) {
        if (!memory_region_init_ram(&s->membar, OBJECT(s), "pci-testdev-membar", size, errp)) {
            return false;
        }
    } else {
        memory_region_init(&s->membar, OBJECT(s), "pci-testdev-membar", size);
    }
    pci_register_bar(PCI_DEVICE(s), 2,
                     PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_PREFETCH |
                         PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &s->membar);
    return true;
}

static void pci_testdev_realize(PCIDevice *pci, Error **errp)
{
    PCITestdevState *s = PCI_TESTDEV(pci);
    TestBar *mem = &s->bar[0], *io = &s->bar[1];
    int ret;

    *mem = (TestBar){.space = "mmio", .test_offset = 0x800, .current = NO_TEST};
    *io = (TestBar){
        .space = "portio", .test_offset = 0x80, .first_test = TESTS_PER_BAR, .current = NO_TEST};
    if (s->membar_size && !add_membar(s, errp)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(s->bar); i++) {
        ret = event_notifier_init(&s->bar[i].notifier, 0);
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Can't create an event notifier");
            if (i) {
                event_notifier_cleanup(&mem->notifier);
            }
            return;
        }
    }
    pci_set_byte(pci->config + PCI_INTERRUPT_PIN, 0);
    memory_region_init_io(&mem->mr, OBJECT(s), &testdev_ops, mem, "pci-testdev-mmio", MEM_SIZE);
    memory_region_init_io(&io->mr, OBJECT(s), &testdev_ops, io, "pci-testdev-portio", IO_SIZE);
    pci_register_bar(pci, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &mem->mr);
    pci_register_bar(pci, 1, PCI_BASE_ADDRESS_SPACE_IO, &io->mr);
}

static int pci_testdev_post_load(void *opaque, int version_id)
{
    PCITestdevState *s = opaque;

    for (size_t i = 0; i < ARRAY_SIZE(s->bar); i++) {
        uint8_t test = s->bar[i].current;
        uint32_t count = s->bar[i].count;

        if (test != NO_TEST && test >= TESTS_PER_BAR) {
            return -EINVAL;
        }
        s->bar[i].current = NO_TEST;
        select_test(&s->bar[i], test);
        s->bar[i].count = count;
    }
    return 0;
}

/* The notifiers belong to the tests that run here, not to those in the stream. */
static int pci_testdev_pre_load(void *opaque)
{
    PCITestdevState *s = opaque;

    deselect_tests(s);
    return 0;
}

static const VMStateDescription vmstate_pci_testdev_bar = {
    .name = "pci-testdev/bar",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(current, TestBar),
            VMSTATE_UINT32(count, TestBar),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_pci_testdev = {
    .name = TYPE_PCI_TESTDEV,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = pci_testdev_pre_load,
    .post_load = pci_testdev_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, PCITestdevState),
            VMSTATE_STRUCT_ARRAY(bar, PCITestdevState, 2, 1, vmstate_pci_testdev_bar, TestBar),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property pci_testdev_properties[] = {
    DEFINE_PROP_SIZE("membar", PCITestdevState, membar_size, 0),
    DEFINE_PROP_BOOL("membar-backed", PCITestdevState, membar_backed, false),
};

static void pci_testdev_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = pci_testdev_realize;
    pc->exit = pci_testdev_exit;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = PCI_DEVICE_ID_REDHAT_TEST;
    pc->class_id = PCI_CLASS_OTHERS;
    dc->desc = "PCI Test Device";
    dc->vmsd = &vmstate_pci_testdev;
    RESETTABLE_CLASS(klass)->phases.hold = pci_testdev_reset_hold;
    device_class_set_props(dc, pci_testdev_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

static const TypeInfo pci_testdev_types[] = {
    {
        .name = TYPE_PCI_TESTDEV,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCITestdevState),
        .class_init = pci_testdev_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
};

DEFINE_TYPES(pci_testdev_types)
