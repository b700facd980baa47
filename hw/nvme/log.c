/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVM Express: log pages (1.4, 5.14) and asynchronous events (5.2). */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "config-host.h"
#include "qemu/bswap.h"
#include "qemu/timer.h"

#define LOG_BUFFER 4096

/* ---- asynchronous events ---- */

static bool event_enabled(const NvmeCtrl *n, uint8_t type, uint8_t info)
{
    switch (type) {
    case NVME_EVENT_SMART: {
        /* The low byte of the feature is as that of the critical warnings. */
        uint8_t bit = info == NVME_EVENT_SPARE         ? NVME_SMART_SPARE
                      : info == NVME_EVENT_TEMPERATURE ? NVME_SMART_TEMPERATURE
                                                       : NVME_SMART_ALL;
        return n->s.async_config & bit;
    }
    case NVME_EVENT_NOTICE:
        return n->s.async_config & BIT(8);
    default:
        return true;
    }
}

/* Hand waiting events to waiting requests; of each type one until its log page is read. */
void nvme_events_deliver(NvmeCtrl *n)
{
    for (unsigned i = 0; i < n->s.event_count && !QTAILQ_EMPTY(&n->aers);) {
        NvmeEvent *e = &n->s.events[i];
        NvmeRequest *req = QTAILQ_FIRST(&n->aers);

        if (n->s.events_masked & BIT(e->type)) {
            i++;
            continue;
        }
        n->s.events_masked |= BIT(e->type);
        QTAILQ_REMOVE(&n->aers, req, entry);
        n->aer_count--;
        QTAILQ_INSERT_TAIL(&req->sq->inflight, req, entry);
        req->sq->inflight_count++;
        n->inflight++;
        req->result = e->type | e->info << 8 | e->log_page << 16;
        memmove(e, e + 1, (n->s.event_count - i - 1) * sizeof(*e));
        n->s.event_count--;
        nvme_request_complete(req, NVME_SUCCESS);
    }
}

void nvme_event(NvmeCtrl *n, uint8_t type, uint8_t info, uint8_t log_page)
{
    if (!(n->s.csts & NVME_CSTS_RDY) || !event_enabled(n, type, info) ||
        n->s.event_count >= MIN(n->params.aer_max_queued, NVME_EVENTS_QUEUED)) {
        return;
    }
    n->s.events[n->s.event_count++] = (NvmeEvent){type, info, log_page};
    nvme_events_deliver(n);
}

/* It is not in flight while it waits: nothing has to wait for it. */
uint16_t nvme_async_event_request(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;

    if (n->aer_count > n->params.aerl) {
        return NVME_AER_LIMIT;
    }
    QTAILQ_REMOVE(&req->sq->inflight, req, entry);
    req->sq->inflight_count--;
    n->inflight--;
    QTAILQ_INSERT_TAIL(&n->aers, req, entry);
    n->aer_count++;
    nvme_events_deliver(n);
    return NVME_NO_COMPLETE;
}

static void event_was_read(NvmeCtrl *n, uint8_t type)
{
    n->s.events_masked &= ~BIT(type);
    nvme_events_deliver(n);
}

void nvme_set_critical_warning(NvmeCtrl *n, uint8_t value)
{
    uint8_t risen = value & ~n->critical_warning;

    n->critical_warning = value;
    for (int i = 0; i < 8; i++) {
        if (risen & BIT(i) & NVME_SMART_ALL) {
            nvme_event(n, NVME_EVENT_SMART,
                       BIT(i) == NVME_SMART_SPARE         ? NVME_EVENT_SPARE
                       : BIT(i) == NVME_SMART_TEMPERATURE ? NVME_EVENT_TEMPERATURE
                                                          : NVME_EVENT_RELIABILITY,
                       NVME_LOG_SMART);
        }
    }
}

/* ---- error log ---- */

/* What the medium or we got wrong; a host that sends bad commands knows from their status. */
void nvme_log_error(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint16_t status = req->status & ~NVME_DNR;

    if (status != NVME_INTERNAL_ERROR && status != NVME_WRITE_FAULT &&
        status != NVME_UNRECOVERED_READ && status != NVME_DATA_TRANSFER_ERROR) {
        return;
    }
    memmove(&n->errors[1], &n->errors[0], sizeof(n->errors) - sizeof(n->errors[0]));
    n->errors[0] = (NvmeErrorEntry){
        .count = ++n->error_count,
        .sqid = req->sqid,
        .cid = nvme_cid(&req->cmd),
        .status = req->status,
        .location = 0xffff,
        .lba = nvme_slba(&req->cmd),
        .nsid = req->cmd.dw[1],
    };
}

static size_t error_log(NvmeRequest *req, uint8_t *log)
{
    NvmeCtrl *n = req->ctrl;

    for (int i = 0; i < NVME_ERROR_ENTRIES && n->errors[i].count; i++) {
        uint8_t *e = log + 64 * i;

        stq_le_p(e, n->errors[i].count);
        stw_le_p(e + 8, n->errors[i].sqid);
        stw_le_p(e + 10, n->errors[i].cid);
        stw_le_p(e + 12, n->errors[i].status << 1);
        stw_le_p(e + 14, n->errors[i].location);
        stq_le_p(e + 16, n->errors[i].lba);
        stl_le_p(e + 24, n->errors[i].nsid);
    }
    return 64 * NVME_ERROR_ENTRIES;
}

/* ---- SMART ---- */

static void add_namespace_counts(NvmeNamespace *ns, uint64_t *counts)
{
    counts[0] += ns->read_units;
    counts[1] += ns->write_units;
    counts[2] += ns->reads;
    counts[3] += ns->writes;
}

static size_t smart_log(NvmeRequest *req, uint8_t *log)
{
    NvmeCtrl *n = req->ctrl;
    NvmeNamespace *one = nvme_namespace(n, req->cmd.dw[1]);
    uint64_t counts[4] = {0};
    uint8_t warning = n->critical_warning;

    for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
        if (n->namespaces[i] && (!one || one == n->namespaces[i])) {
            add_namespace_counts(n->namespaces[i], counts);
        }
    }
    if (NVME_TEMPERATURE >= n->s.temperature_over || NVME_TEMPERATURE <= n->s.temperature_under) {
        warning |= NVME_SMART_TEMPERATURE;
    }
    log[0] = warning;
    stw_le_p(log + 1, NVME_TEMPERATURE);
    log[3] = 100; /* available spare, percent; and the threshold */
    log[4] = 10;
    /* Data in thousands of 512 bytes, rounded up. */
    stq_le_p(log + 32, DIV_ROUND_UP(counts[0], 1000));
    stq_le_p(log + 48, DIV_ROUND_UP(counts[1], 1000));
    stq_le_p(log + 64, counts[2]);
    stq_le_p(log + 80, counts[3]);
    stq_le_p(log + 112, 1); /* power cycles */
    stq_le_p(log + 128, (qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) - n->starttime_ms) / 1000 / 60 / 60);
    stq_le_p(log + 160, n->error_count);
    stq_le_p(log + 176, n->error_count);
    return 512;
}

/* ---- the other pages ---- */

static size_t firmware_log(NvmeRequest *req, uint8_t *log)
{
    const char *version = req->ctrl->params.firmware ? req->ctrl->params.firmware : QEMU_VERSION;

    log[0] = 1; /* slot 1 runs */
    memset(log + 8, ' ', 8);
    memcpy(log + 8, version, MIN(strlen(version), 8));
    return 512;
}

/* Reading it starts a new list. */
static size_t changed_namespaces_log(NvmeRequest *req, uint8_t *log)
{
    NvmeCtrl *n = req->ctrl;
    unsigned count = 0;

    for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
        if (n->s.changed_ns[i / 64] & BIT_ULL(i % 64)) {
            stl_le_p(log + 4 * count++, i);
        }
    }
    if (!(req->cmd.dw[10] & BIT(15))) {
        memset(n->s.changed_ns, 0, sizeof(n->s.changed_ns));
    }
    return 4096;
}

static size_t effects_log(NvmeRequest *req, uint8_t *log)
{
    for (int i = 0; i < 256; i++) {
        stl_le_p(log + 4 * i, nvme_admin_effects(req->ctrl, i));
        if (NVME_CC_CSS(req->ctrl->s.cc) != NVME_CSS_ADMIN) {
            stl_le_p(log + 1024 + 4 * i, nvme_io_effects(i));
        }
    }
    return 4096;
}

/* ---- the command ---- */

uint16_t nvme_get_log_page(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint32_t dw10 = req->cmd.dw[10], nsid = req->cmd.dw[1];
    uint64_t len = (((uint64_t)(req->cmd.dw[11] & 0xffff) << 16 | dw10 >> 16) + 1) * 4;
    uint64_t offset = nvme_qword(&req->cmd, 12);
    g_autofree uint8_t *log = g_malloc0(LOG_BUFFER);
    uint8_t event_type = NVME_EVENT_TYPES;
    uint16_t status;
    size_t size;

    if (offset & 3) {
        return NVME_INVALID_FIELD;
    }
    if ((dw10 & 0xff) == NVME_LOG_SMART && nsid && nsid != NVME_NSID_BROADCAST &&
        !nvme_namespace(n, nsid)) {
        return NVME_INVALID_NAMESPACE;
    }
    switch (dw10 & 0xff) {
    case NVME_LOG_ERROR:
        size = error_log(req, log);
        event_type = NVME_EVENT_ERROR;
        break;
    case NVME_LOG_SMART:
        size = smart_log(req, log);
        event_type = NVME_EVENT_SMART;
        break;
    case NVME_LOG_FIRMWARE:
        size = firmware_log(req, log);
        break;
    case NVME_LOG_CHANGED_NAMESPACES:
        size = changed_namespaces_log(req, log);
        event_type = NVME_EVENT_NOTICE;
        break;
    case NVME_LOG_EFFECTS:
        size = effects_log(req, log);
        break;
    default:
        return NVME_INVALID_LOG_PAGE;
    }
    if (offset >= size) {
        return NVME_INVALID_FIELD;
    }
    status = nvme_data_to_guest(req, log + offset, MIN(len, size - offset));
    /* "Retain Asynchronous Event" keeps its type masked. */
    if (!status && event_type < NVME_EVENT_TYPES && !(dw10 & BIT(15))) {
        event_was_read(n, event_type);
    }
    return status;
}
