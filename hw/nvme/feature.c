/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVM Express: Get Features and Set Features (1.4, 5.13, 5.21). Nothing is saved over power off. */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "qemu/bswap.h"
#include "qemu/timer.h"

#define SELECT_CURRENT        0
#define SELECT_DEFAULT        1
#define SELECT_SAVED          2
#define SELECT_CAPABILITIES   3

#define CAP_NS_SPECIFIC       BIT(1)
#define CAP_CHANGEABLE        BIT(2)

#define ARBITRATION_DEFAULT   7 /* no limit of a burst */
#define TIMESTAMP_ORIGIN_HOST 1

static bool feature_capabilities(uint8_t fid, uint32_t *caps)
{
    switch (fid) {
    case NVME_FEAT_ARBITRATION:
    case NVME_FEAT_POWER:
    case NVME_FEAT_TEMPERATURE:
    case NVME_FEAT_WRITE_CACHE:
    case NVME_FEAT_QUEUES:
    case NVME_FEAT_ASYNC_EVENT:
    case NVME_FEAT_TIMESTAMP:
    case NVME_FEAT_COMMAND_SET:
        *caps = CAP_CHANGEABLE;
        return true;
    case NVME_FEAT_ERROR_RECOVERY:
        *caps = CAP_CHANGEABLE | CAP_NS_SPECIFIC;
        return true;
    case NVME_FEAT_COALESCING:
    case NVME_FEAT_VECTOR:
    case NVME_FEAT_WRITE_ATOMICITY:
        *caps = 0;
        return true;
    default:
        return false;
    }
}

void nvme_features_reset(NvmeCtrl *n)
{
    n->s.arbitration = ARBITRATION_DEFAULT;
    n->s.temperature_over = NVME_TEMPERATURE_WARNING;
    n->s.timestamp_set_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* ---- get ---- */

static uint16_t get_timestamp(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    int64_t passed = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - n->s.timestamp_set_ns;
    uint64_t now = n->s.timestamp + passed / SCALE_MS;
    uint8_t data[8];

    /* 48 bits of milliseconds, and where they are from. */
    stq_le_p(data, (now & MAKE_64BIT_MASK(0, 48)) | (uint64_t)n->s.timestamp_origin << 49);
    return nvme_data_to_guest(req, data, sizeof(data));
}

/* Of the sensor that is asked for: the composite, the only one. */
static uint16_t get_temperature(NvmeRequest *req, uint32_t *value)
{
    unsigned sensor = extract32(req->cmd.dw[11], 16, 4), type = extract32(req->cmd.dw[11], 20, 2);

    if (type > 1) {
        return NVME_INVALID_FIELD;
    }
    *value = sensor ? 0 : type ? req->ctrl->s.temperature_under : req->ctrl->s.temperature_over;
    return NVME_SUCCESS;
}

static bool write_cache(NvmeCtrl *n)
{
    for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
        if (n->namespaces[i] && blk_enable_write_cache(n->namespaces[i]->conf.blk)) {
            return true;
        }
    }
    return false;
}

static uint16_t get_vector(NvmeRequest *req)
{
    uint16_t vector = req->cmd.dw[11];

    if (vector >= req->ctrl->params.msix_qsize) {
        return NVME_INVALID_FIELD;
    }
    /* The admin queue's is never coalesced; nor is any other. */
    req->result = vector | BIT(16);
    return NVME_SUCCESS;
}

static uint32_t queue_count(NvmeCtrl *n)
{
    uint32_t pairs = n->nqueues - 2; /* without the admin queue, 0's based */

    return pairs | pairs << 16;
}

static uint16_t get_default(NvmeRequest *req, uint8_t fid)
{
    switch (fid) {
    case NVME_FEAT_ARBITRATION:
        req->result = ARBITRATION_DEFAULT;
        break;
    case NVME_FEAT_TEMPERATURE:
        req->result = extract32(req->cmd.dw[11], 16, 6) ? 0 : NVME_TEMPERATURE_WARNING;
        break;
    case NVME_FEAT_QUEUES:
        req->result = queue_count(req->ctrl);
        break;
    case NVME_FEAT_WRITE_CACHE:
        req->result = 1;
        break;
    case NVME_FEAT_VECTOR:
        return get_vector(req);
    }
    return NVME_SUCCESS;
}

static uint16_t get_current(NvmeRequest *req, uint8_t fid)
{
    NvmeCtrl *n = req->ctrl;

    switch (fid) {
    case NVME_FEAT_ARBITRATION:
        req->result = n->s.arbitration;
        break;
    case NVME_FEAT_POWER:
        req->result = n->s.power;
        break;
    case NVME_FEAT_TEMPERATURE:
        return get_temperature(req, &req->result);
    case NVME_FEAT_WRITE_CACHE:
        req->result = write_cache(n);
        break;
    case NVME_FEAT_QUEUES:
        req->result = queue_count(n);
        break;
    case NVME_FEAT_VECTOR:
        return get_vector(req);
    case NVME_FEAT_ASYNC_EVENT:
        req->result = n->s.async_config;
        break;
    case NVME_FEAT_TIMESTAMP:
        return get_timestamp(req);
    }
    return NVME_SUCCESS;
}

static uint16_t check_namespace(NvmeRequest *req, uint32_t caps)
{
    uint32_t nsid = req->cmd.dw[1];

    if (!nsid || nsid == NVME_NSID_BROADCAST || !(caps & CAP_NS_SPECIFIC)) {
        return NVME_SUCCESS;
    }
    if (nsid > NVME_MAX_NAMESPACES) {
        return NVME_INVALID_NAMESPACE;
    }
    return nvme_namespace(req->ctrl, nsid) ? NVME_SUCCESS : NVME_INVALID_FIELD;
}

uint16_t nvme_get_features(NvmeRequest *req)
{
    uint8_t fid = req->cmd.dw[10];
    unsigned select = extract32(req->cmd.dw[10], 8, 3);
    uint32_t caps;
    uint16_t status;

    if (!feature_capabilities(fid, &caps)) {
        return NVME_INVALID_FIELD;
    }
    status = check_namespace(req, caps);
    if (status) {
        return status;
    }
    switch (select) {
    case SELECT_CURRENT:
        return get_current(req, fid);
    case SELECT_DEFAULT:
    case SELECT_SAVED:
        return get_default(req, fid);
    case SELECT_CAPABILITIES:
        req->result = caps;
        return NVME_SUCCESS;
    default:
        return NVME_INVALID_FIELD;
    }
}

/* ---- set ---- */

static uint16_t set_temperature(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint16_t threshold = req->cmd.dw[11];
    unsigned sensor = extract32(req->cmd.dw[11], 16, 4), type = extract32(req->cmd.dw[11], 20, 2);

    if (sensor || type > 1) {
        return sensor == 0xf && type <= 1 ? NVME_SUCCESS : NVME_INVALID_FIELD;
    }
    *(type ? &n->s.temperature_under : &n->s.temperature_over) = threshold;
    if (NVME_TEMPERATURE >= n->s.temperature_over || NVME_TEMPERATURE <= n->s.temperature_under) {
        nvme_event(n, NVME_EVENT_SMART, NVME_EVENT_TEMPERATURE, NVME_LOG_SMART);
    }
    return NVME_SUCCESS;
}

static uint16_t coroutine_fn co_set_write_cache(NvmeRequest *req)
{
    bool enable = req->cmd.dw[11] & 1;

    for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
        NvmeNamespace *ns = req->ctrl->namespaces[i];

        if (!ns) {
            continue;
        }
        if (!enable && blk_enable_write_cache(ns->conf.blk)) {
            int ret = blk_co_flush(ns->conf.blk);

            if (ret < 0) {
                req->ns = ns;
                req->is_write = true;
                return nvme_request_error(req, ret);
            }
        }
        blk_set_enable_write_cache(ns->conf.blk, enable);
    }
    return NVME_SUCCESS;
}

/* How many the host would like; it is told what there are. Once, before there are any. */
static uint16_t set_queues(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;

    if ((req->cmd.dw[11] & 0xffff) == 0xffff || req->cmd.dw[11] >> 16 == 0xffff) {
        return NVME_INVALID_FIELD;
    }
    for (unsigned i = 1; i < n->nqueues; i++) {
        if (n->sq[i] || n->cq[i]) {
            return NVME_COMMAND_SEQUENCE_ERROR;
        }
    }
    req->result = queue_count(n);
    return NVME_SUCCESS;
}

static uint16_t set_timestamp(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint8_t data[8];
    uint16_t status = nvme_data_from_guest(req, data, sizeof(data));

    if (!status) {
        n->s.timestamp = ldq_le_p(data) & MAKE_64BIT_MASK(0, 48);
        n->s.timestamp_set_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        n->s.timestamp_origin = TIMESTAMP_ORIGIN_HOST;
    }
    return status;
}

uint16_t nvme_set_features(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint8_t fid = req->cmd.dw[10];
    uint32_t dw11 = req->cmd.dw[11], caps;
    uint16_t status;

    if (req->cmd.dw[10] & BIT(31)) {
        return NVME_FEATURE_NOT_SAVEABLE;
    }
    if (!feature_capabilities(fid, &caps)) {
        return NVME_INVALID_FIELD;
    }
    status = check_namespace(req, caps);
    if (status) {
        return status;
    }
    if (nvme_namespace(n, req->cmd.dw[1]) && !(caps & CAP_NS_SPECIFIC)) {
        return NVME_FEATURE_NOT_NS_SPECIFIC;
    }
    switch (fid) {
    case NVME_FEAT_ARBITRATION:
        n->s.arbitration = dw11;
        return NVME_SUCCESS;
    case NVME_FEAT_POWER:
        if (dw11 & 0x1f) {
            return NVME_INVALID_FIELD; /* there is state 0 only */
        }
        n->s.power = dw11;
        return NVME_SUCCESS;
    case NVME_FEAT_TEMPERATURE:
        return set_temperature(req);
    case NVME_FEAT_ERROR_RECOVERY:
        return dw11 & ~0xffffu ? NVME_INVALID_FIELD : NVME_SUCCESS;
    case NVME_FEAT_WRITE_CACHE:
        return nvme_request_run_co(req, co_set_write_cache);
    case NVME_FEAT_QUEUES:
        return set_queues(req);
    case NVME_FEAT_ASYNC_EVENT:
        n->s.async_config = dw11;
        return NVME_SUCCESS;
    case NVME_FEAT_TIMESTAMP:
        return set_timestamp(req);
    case NVME_FEAT_COMMAND_SET:
        return dw11 & 0x1ff ? NVME_IO_COMMAND_SET_REJECTED : NVME_SUCCESS;
    default:
        return NVME_FEATURE_NOT_CHANGEABLE;
    }
}
