/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express: commands of several steps, as coroutines: compare, dataset management, verify, copy
 * (1.4, 6; TP 4065), format (5.23). Each looks between its steps whether it was aborted.
 */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "qemu/bswap.h"
#include "qemu/coroutine.h"
#include "qemu/units.h"

#define CHUNK (256 * KiB)

static bool given_up(NvmeRequest *req)
{
    return req->aborted || req->ctrl->stopping;
}

/* ---- compare (6.6) ---- */

uint16_t coroutine_fn nvme_co_compare(NvmeRequest *req)
{
    NvmeNamespace *ns = req->ns;
    uint64_t nlb = (req->cmd.dw[12] & 0xffff) + 1;
    uint64_t offset = nvme_slba(&req->cmd) << nvme_ns_shift(ns);
    uint64_t bytes = nlb << nvme_ns_shift(ns);
    g_autofree uint8_t *disk = g_malloc(MIN(bytes, CHUNK));
    g_autofree uint8_t *memory = g_malloc(MIN(bytes, CHUNK));
    uint16_t status;

    if (req->ctrl->params.mdts && bytes > 4096ull << req->ctrl->params.mdts) {
        return NVME_INVALID_FIELD;
    }
    status = nvme_check_bounds(ns, nvme_slba(&req->cmd), nlb);
    if (!status) {
        status = nvme_data_map(req, bytes, DMA_DIRECTION_TO_DEVICE);
    }
    for (uint64_t done = 0; !status && done < bytes;) {
        uint64_t part = MIN(bytes - done, CHUNK);
        int ret =
            given_up(req) ? -ECANCELED : blk_co_pread(ns->conf.blk, offset + done, part, disk, 0);

        if (ret < 0) {
            status = nvme_request_error(req, ret);
            break;
        }
        qemu_iovec_to_buf(&req->data.qiov, done, memory, part);
        status = memcmp(disk, memory, part) ? NVME_COMPARE_FAILURE : NVME_SUCCESS;
        done += part;
    }
    nvme_data_unmap(req, true);
    return status;
}

/* ---- dataset management (6.7) ---- */

static uint16_t coroutine_fn discard_range(NvmeRequest *req, uint64_t slba, uint64_t nlb)
{
    unsigned shift = nvme_ns_shift(req->ns);
    BlockAcctStats *stats = blk_get_stats(req->ns->conf.blk);
    uint64_t offset = slba << shift, end = (slba + nlb) << shift;

    if (nvme_check_bounds(req->ns, slba, nlb)) {
        block_acct_invalid(stats, BLOCK_ACCT_UNMAP);
        return NVME_LBA_RANGE;
    }
    while (offset < end) {
        uint64_t part = MIN(end - offset, 1 * GiB);
        int ret;

        if (given_up(req)) {
            return NVME_ABORT_REQUESTED;
        }
        block_acct_start(stats, &req->acct, part, BLOCK_ACCT_UNMAP);
        ret = blk_co_pdiscard(req->ns->conf.blk, offset, part);
        if (ret < 0 && ret != -ENOTSUP) {
            block_acct_failed(stats, &req->acct);
            return nvme_request_error(req, ret);
        }
        block_acct_done(stats, &req->acct);
        offset += part;
    }
    return NVME_SUCCESS;
}

uint16_t coroutine_fn nvme_co_dsm(NvmeRequest *req)
{
    unsigned count = (req->cmd.dw[10] & 0xff) + 1;
    uint8_t ranges[256 * 16];
    uint16_t status;

    status = nvme_data_from_guest(req, ranges, count * 16);
    req->is_write = true;
    if (status || !(req->cmd.dw[11] & NVME_DSM_DEALLOCATE)) {
        return status; /* the rest of it are hints */
    }
    if (!blk_is_writable(req->ns->conf.blk)) {
        return NVME_READ_ONLY_RANGE;
    }
    for (unsigned i = 0; !status && i < count; i++) {
        status = discard_range(req, ldq_le_p(ranges + 16 * i + 8), ldl_le_p(ranges + 16 * i + 4));
    }
    return status;
}

/* ---- verify (6.14) ---- */

uint16_t coroutine_fn nvme_co_verify(NvmeRequest *req)
{
    uint64_t nlb = (req->cmd.dw[12] & 0xffff) + 1;
    uint64_t offset = nvme_slba(&req->cmd) << nvme_ns_shift(req->ns);
    uint64_t bytes = nlb << nvme_ns_shift(req->ns);
    g_autofree uint8_t *buf = g_malloc(MIN(bytes, CHUNK));
    uint16_t status = nvme_check_bounds(req->ns, nvme_slba(&req->cmd), nlb);

    if (req->ctrl->params.vsl && bytes > 4096ull << req->ctrl->params.vsl) {
        return NVME_INVALID_FIELD;
    }
    for (uint64_t done = 0; !status && done < bytes; done += CHUNK) {
        uint64_t part = MIN(bytes - done, CHUNK);
        int ret = given_up(req) ? -ECANCELED
                                : blk_co_pread(req->ns->conf.blk, offset + done, part, buf, 0);

        status = ret < 0 ? nvme_request_error(req, ret) : NVME_SUCCESS;
    }
    return status;
}

/* ---- copy (TP 4065) ---- */

static uint16_t coroutine_fn copy_range(NvmeRequest *req, uint64_t from, uint64_t to,
                                        uint64_t bytes)
{
    BlockBackend *blk = req->ns->conf.blk;
    g_autofree uint8_t *buf = g_malloc(MIN(bytes, CHUNK));

    for (uint64_t done = 0; done < bytes; done += CHUNK) {
        uint64_t part = MIN(bytes - done, CHUNK);
        int ret;

        if (given_up(req)) {
            return NVME_ABORT_REQUESTED;
        }
        req->is_write = false;
        ret = blk_co_pread(blk, from + done, part, buf, 0);
        if (ret >= 0) {
            req->is_write = true;
            ret = blk_co_pwrite(blk, to + done, part, buf,
                                req->cmd.dw[12] & NVME_RW_FUA ? BDRV_REQ_FUA : 0);
        }
        if (ret < 0) {
            return nvme_request_error(req, ret);
        }
    }
    return NVME_SUCCESS;
}

uint16_t coroutine_fn nvme_co_copy(NvmeRequest *req)
{
    NvmeNamespace *ns = req->ns;
    unsigned count = (req->cmd.dw[12] & 0xff) + 1, format = req->cmd.dw[12] >> 8 & 0xf;
    unsigned shift = nvme_ns_shift(ns);
    g_autofree uint8_t *ranges = g_malloc(count * 32);
    uint64_t to = nvme_slba(&req->cmd), total = 0;
    uint16_t status;

    if (format != 0) {
        return NVME_INVALID_FIELD;
    }
    if (count > ns->msrc + 1u) {
        return NVME_COPY_LIMIT;
    }
    status = nvme_data_from_guest(req, ranges, count * 32);
    for (unsigned i = 0; !status && i < count; i++) {
        uint64_t nlb = lduw_le_p(ranges + 32 * i + 16) + 1ull;

        total += nlb;
        status = nlb > ns->mssrl || total > ns->mcl
                     ? NVME_COPY_LIMIT
                     : nvme_check_bounds(ns, ldq_le_p(ranges + 32 * i + 8), nlb);
    }
    if (!status) {
        status = nvme_check_bounds(ns, to, total);
    }
    for (unsigned i = 0; !status && i < count; i++) {
        uint64_t nlb = lduw_le_p(ranges + 32 * i + 16) + 1ull;

        req->result = i; /* of how many the destination has all */
        status = copy_range(req, ldq_le_p(ranges + 32 * i + 8) << shift, to << shift, nlb << shift);
        to += nlb;
    }
    return status;
}

/* ---- format (5.23) ---- */

static uint16_t coroutine_fn format_one(NvmeRequest *req, NvmeNamespace *ns, uint8_t lba_format)
{
    int64_t length = blk_getlength(ns->conf.blk), offset = 0;
    uint16_t status = NVME_SUCCESS;

    if (!blk_is_writable(ns->conf.blk)) {
        return NVME_READ_ONLY_RANGE;
    }
    req->ns = ns;
    req->is_write = true;
    ns->formatting = true;
    while (!status && offset < length) {
        int64_t part = MIN(length - offset, 64 * MiB);
        int ret = given_up(req)
                      ? -ECANCELED
                      : blk_co_pwrite_zeroes(ns->conf.blk, offset, part, BDRV_REQ_MAY_UNMAP);

        status = ret < 0 ? nvme_request_error(req, ret) : NVME_SUCCESS;
        offset += part;
    }
    ns->formatting = false;
    if (!status && ns->lba_format != lba_format) {
        ns->lba_format = lba_format;
        nvme_ns_changed(ns);
    }
    return status;
}

static uint16_t coroutine_fn co_format(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint32_t nsid = req->cmd.dw[1];
    uint8_t lba_format = req->cmd.dw[10] & 0xf;
    uint16_t status = NVME_SUCCESS;

    for (unsigned i = 1; !status && i <= NVME_MAX_NAMESPACES; i++) {
        if (n->namespaces[i] && (nsid == i || nsid == NVME_NSID_BROADCAST)) {
            status = format_one(req, n->namespaces[i], lba_format);
        }
    }
    return status;
}

uint16_t nvme_format(NvmeRequest *req)
{
    uint32_t dw10 = req->cmd.dw[10], nsid = req->cmd.dw[1];
    unsigned secure_erase = extract32(dw10, 9, 3);

    if (nsid != NVME_NSID_BROADCAST && !nvme_namespace(req->ctrl, nsid)) {
        return nsid >= 1 && nsid <= NVME_MAX_NAMESPACES ? NVME_INVALID_FIELD
                                                        : NVME_INVALID_NAMESPACE;
    }
    /* No metadata and no protection; erasing keys needs keys. */
    if ((dw10 & 0xf) >= NVME_LBA_FORMATS || extract32(dw10, 5, 3) || secure_erase > 1) {
        return NVME_INVALID_FORMAT;
    }
    return nvme_request_run_co(req, co_format);
}
