/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of the methods in nvdimm-aml.c. A request is a page of the guest's memory, whose address
 * the port takes; the answer replaces it. All words have 32 bits, little endian:
 *
 *   request: 0 handle, 4 revision, 8 function, C argument
 *   answer:  0 length with this word, 4 result
 *
 * Functions and results of modules: Intel, "NVDIMM DSM Interface", revision 1.
 */
#include "qemu/osdep.h"
#include "hw/acpi/nvdimm.h"
#include "exec/address-spaces.h"
#include "hw/acpi/acpi_dev_interface.h"
#include "hw/mem/nvdimm.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "system/dma.h"
#include "system/reset.h"

#define PAGE        4096
#define REQ_ARG     12
#define ARG_SIZE    (PAGE - REQ_ARG)
#define ANSWER_DATA 4
#define ANSWER_SIZE (PAGE - ANSWER_DATA)

/* Arguments of label functions: offset and length, then what is to be written. */
#define LABEL_ARGS 8
/* What a request or an answer has room for; the former has less. */
#define MAX_TRANSFER (ARG_SIZE - LABEL_ARGS)

#define REVISION     1

typedef struct Request {
    uint32_t handle, revision, function;
    uint8_t arg[ARG_SIZE];

    uint8_t answer[ANSWER_SIZE];
    uint32_t answer_size;
} Request;

/* ---- answers ---- */

static void answer_word(Request *r, uint32_t value)
{
    stl_le_p(r->answer + r->answer_size, value);
    r->answer_size += 4;
}

static void answer_function_mask(Request *r, uint32_t mask)
{
    answer_word(r, r->revision == REVISION ? mask : 0);
}

/* ---- labels ---- */

static void label_info(Request *r, const NVDIMMDevice *nvdimm)
{
    bool any = nvdimm && nvdimm->label_size;

    answer_word(r, !nvdimm ? NVDIMM_DSM_NO_DEVICE
                   : any   ? NVDIMM_DSM_SUCCESS
                           : NVDIMM_DSM_UNSUPPORTED);
    answer_word(r, any ? nvdimm->label_size : 0);
    answer_word(r, any ? MAX_TRANSFER : 0);
}

static uint32_t check_labels(const Request *r, const NVDIMMDevice *nvdimm, uint32_t *offset,
                             uint32_t *length)
{
    *offset = ldl_le_p(r->arg);
    *length = ldl_le_p(r->arg + 4);
    if (!nvdimm->label_size) {
        return NVDIMM_DSM_UNSUPPORTED;
    }
    if (*length > MAX_TRANSFER || *offset > nvdimm->label_size ||
        *length > nvdimm->label_size - *offset) {
        qemu_log_mask(LOG_GUEST_ERROR, "nvdimm: %u bytes of labels at %u are too much\n", *length,
                      *offset);
        return NVDIMM_DSM_INVALID_INPUT;
    }
    return NVDIMM_DSM_SUCCESS;
}

static void label_read(Request *r, NVDIMMDevice *nvdimm)
{
    uint32_t offset, length, status = check_labels(r, nvdimm, &offset, &length);

    answer_word(r, status);
    if (status == NVDIMM_DSM_SUCCESS) {
        nvdimm_read_labels(nvdimm, r->answer + r->answer_size, offset, length);
        r->answer_size += length;
    }
}

static void label_set(Request *r, NVDIMMDevice *nvdimm)
{
    uint32_t offset, length, status = check_labels(r, nvdimm, &offset, &length);

    if (status == NVDIMM_DSM_SUCCESS &&
        !nvdimm_write_labels(nvdimm, r->arg + LABEL_ARGS, offset, length)) {
        status = NVDIMM_DSM_FAILURE;
    }
    answer_word(r, status);
}

/* ---- functions ---- */

static uint32_t module_functions(const NVDIMMDevice *nvdimm)
{
    return nvdimm && nvdimm->label_size
               ? 1u << NVDIMM_DSM_QUERY | 1u << NVDIMM_DSM_LABEL_INFO |
                     1u << NVDIMM_DSM_LABEL_READ | 1u << NVDIMM_DSM_LABEL_SET
               : 0;
}

static void module_request(Request *r, NVDIMMDevice *nvdimm)
{
    if (r->function == NVDIMM_DSM_QUERY) {
        answer_function_mask(r, module_functions(nvdimm));
    } else if (r->revision != REVISION) {
        answer_word(r, NVDIMM_DSM_UNSUPPORTED);
    } else if (r->function == NVDIMM_DSM_LABEL_INFO) {
        label_info(r, nvdimm);
    } else if (!nvdimm) {
        answer_word(r, NVDIMM_DSM_NO_DEVICE);
    } else if (r->function == NVDIMM_DSM_LABEL_READ) {
        label_read(r, nvdimm);
    } else if (r->function == NVDIMM_DSM_LABEL_SET) {
        label_set(r, nvdimm);
    } else {
        answer_word(r, NVDIMM_DSM_UNSUPPORTED);
    }
}

/* The table from an offset on, as much as there is room for; none at its end. */
static void read_fit(NVDIMMState *s, Request *r)
{
    g_autoptr(GArray) fit = acpi_nvdimm_fit(s);
    uint32_t offset = ldl_le_p(r->arg), size;

    if (offset > fit->len) {
        answer_word(r, NVDIMM_DSM_INVALID_INPUT);
        return;
    }
    if (offset && s->fit_changed) {
        answer_word(r, NVDIMM_DSM_FIT_CHANGED); /* the guest begins again */
        return;
    }
    s->fit_changed = false;
    answer_word(r, NVDIMM_DSM_SUCCESS);
    size = MIN(fit->len - offset, ANSWER_SIZE - r->answer_size);
    memcpy(r->answer + r->answer_size, fit->data + offset, size);
    r->answer_size += size;
}

static void handle_request(NVDIMMState *s, Request *r)
{
    if (r->handle == NVDIMM_FIT_HANDLE && r->function == NVDIMM_DSM_READ_FIT &&
        r->revision == REVISION) {
        read_fit(s, r);
    } else if (r->handle == NVDIMM_FIT_HANDLE || r->handle == NVDIMM_ROOT_HANDLE) {
        /* The root device has no functions, not even 0. */
        answer_word(r, r->function == NVDIMM_DSM_QUERY ? 0 : NVDIMM_DSM_UNSUPPORTED);
    } else {
        module_request(r, r->handle <= s->machine->ram_slots
                              ? nvdimm_in_slot(s->machine, r->handle - 1)
                              : NULL);
    }
}

/* ---- the port ---- */

static uint64_t port_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void port_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    g_autofree Request *r = g_new0(Request, 1);
    uint8_t page[PAGE];

    if (dma_memory_read(&address_space_memory, value, page, PAGE, MEMTXATTRS_UNSPECIFIED)) {
        qemu_log_mask(LOG_GUEST_ERROR, "nvdimm: no memory at 0x%" PRIx64 "\n", value);
        return;
    }
    r->handle = ldl_le_p(page);
    r->revision = ldl_le_p(page + 4);
    r->function = ldl_le_p(page + 8);
    memcpy(r->arg, page + REQ_ARG, ARG_SIZE);
    handle_request(opaque, r);
    stl_le_p(page, r->answer_size + ANSWER_DATA);
    memcpy(page + ANSWER_DATA, r->answer, r->answer_size);
    dma_memory_write(&address_space_memory, value, page, r->answer_size + ANSWER_DATA,
                     MEMTXATTRS_UNSPECIFIED);
}

static const MemoryRegionOps port_ops = {
    .read = port_read,
    .write = port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 4, .max_access_size = 4},
};

/* ---- modules that come ---- */

void acpi_nvdimm_plug(NVDIMMState *s, DeviceState *dev)
{
    if (dev->hotplugged) {
        s->fit_changed = true;
        acpi_send_event(ACPI_NVDIMM_HOTPLUG_STATUS);
    }
}

/* ---- reset, saved state, life ---- */

static void nvdimm_reset(void *opaque)
{
    /* Firmware gives the guest a new table. */
    ((NVDIMMState *)opaque)->fit_changed = false;
}

static const VMStateDescription vmstate_acpi_nvdimm = {
    .name = "acpi-nvdimm",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(fit_changed, NVDIMMState),
            VMSTATE_END_OF_LIST(),
        },
};

void acpi_nvdimm_init(NVDIMMState *s, MachineState *machine, MemoryRegion *io, FWCfgState *fw_cfg)
{
    s->machine = machine;
    s->page = g_array_new(false, true, 1);
    g_array_set_size(s->page, PAGE);
    fw_cfg_add_file(fw_cfg, ACPI_NVDIMM_MEM_FILE, s->page->data, s->page->len, &error_fatal);
    memory_region_init_io(&s->io, OBJECT(machine), &port_ops, s, "acpi-nvdimm",
                          ACPI_NVDIMM_IO_SIZE);
    memory_region_add_subregion(io, ACPI_NVDIMM_IO_BASE, &s->io);
    vmstate_register(NULL, 0, &vmstate_acpi_nvdimm, s);
    qemu_register_reset(nvdimm_reset, s);
}

void acpi_nvdimm_finalize(NVDIMMState *s)
{
    if (s->page) {
        g_array_unref(s->page);
    }
    g_free(s);
}
