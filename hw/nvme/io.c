/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVM Express: I/O commands (1.4, 6) that are one request to the drive, and their dispatch. */
#include "qemu/osdep.h"
#include "nvme-int.h"

uint16_t nvme_check_bounds(NvmeNamespace *ns, uint64_t slba, uint64_t nlb)
{
    uint64_t blocks = nvme_ns_blocks(ns);

    return slba > blocks || nlb > blocks - slba ? NVME_LBA_RANGE : NVME_SUCCESS;
}

static void io_done(void *opaque, int ret)
{
    nvme_request_io_done(opaque, ret);
}

/* ---- read and write (6.9, 6.15) ---- */

static uint16_t check_transfer(NvmeRequest *req, uint64_t *offset, uint64_t *bytes)
{
    NvmeCtrl *n = req->ctrl;
    uint64_t nlb = (req->cmd.dw[12] & 0xffff) + 1;

    *offset = nvme_slba(&req->cmd) << nvme_ns_shift(req->ns);
    *bytes = nlb << nvme_ns_shift(req->ns);
    /* MDTS is in units of the smallest page. */
    if (n->params.mdts && *bytes > 4096ull << n->params.mdts) {
        return NVME_INVALID_FIELD;
    }
    return nvme_check_bounds(req->ns, nvme_slba(&req->cmd), nlb);
}

static uint16_t rw(NvmeRequest *req)
{
    BlockBackend *blk = req->ns->conf.blk;
    BlockAcctStats *stats = blk_get_stats(blk);
    bool write = nvme_opcode(&req->cmd) == NVME_IO_WRITE;
    BdrvRequestFlags flags = 0;
    uint64_t offset, bytes;
    uint16_t status = check_transfer(req, &offset, &bytes);

    if (!status) {
        status =
            nvme_data_map(req, bytes, write ? DMA_DIRECTION_TO_DEVICE : DMA_DIRECTION_FROM_DEVICE);
    }
    if (status) {
        block_acct_invalid(stats, write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ);
        return status;
    }
    req->is_write = write;
    block_acct_start(stats, &req->acct, bytes, write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ);
    if (write) {
        flags = req->cmd.dw[12] & NVME_RW_FUA ? BDRV_REQ_FUA : 0;
        req->ns->writes++;
        req->ns->write_units += bytes / 512;
        req->aiocb = blk_aio_pwritev(blk, offset, &req->data.qiov, flags, io_done, req);
    } else {
        req->ns->reads++;
        req->ns->read_units += bytes / 512;
        req->aiocb = blk_aio_preadv(blk, offset, &req->data.qiov, 0, io_done, req);
    }
    return NVME_NO_COMPLETE;
}

/* ---- write zeroes (6.16) ---- */

static uint16_t write_zeroes(NvmeRequest *req)
{
    NvmeNamespace *ns = req->ns;
    uint64_t nlb = (req->cmd.dw[12] & 0xffff) + 1;
    uint64_t offset = nvme_slba(&req->cmd) << nvme_ns_shift(ns);
    uint64_t bytes = nlb << nvme_ns_shift(ns);
    uint16_t status = nvme_check_bounds(ns, nvme_slba(&req->cmd), nlb);
    BdrvRequestFlags flags = 0;

    if (status) {
        block_acct_invalid(blk_get_stats(ns->conf.blk), BLOCK_ACCT_WRITE);
        return status;
    }
    flags |= req->cmd.dw[12] & NVME_WZ_DEALLOCATE ? BDRV_REQ_MAY_UNMAP : 0;
    flags |= req->cmd.dw[12] & NVME_RW_FUA ? BDRV_REQ_FUA : 0;
    req->is_write = true;
    block_acct_start(blk_get_stats(ns->conf.blk), &req->acct, 0, BLOCK_ACCT_WRITE);
    req->aiocb = blk_aio_pwrite_zeroes(ns->conf.blk, offset, bytes, flags, io_done, req);
    return NVME_NO_COMPLETE;
}

/* ---- flush (6.8) ---- */

static uint16_t coroutine_fn co_flush_all(NvmeRequest *req)
{
    for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
        NvmeNamespace *ns = req->ctrl->namespaces[i];
        int ret;

        if (!ns) {
            continue;
        }
        ret = blk_co_flush(ns->conf.blk);
        if (ret < 0) {
            req->ns = ns;
            return nvme_request_error(req, ret);
        }
    }
    return NVME_SUCCESS;
}

static uint16_t flush(NvmeRequest *req)
{
    req->is_write = true;
    if (req->cmd.dw[1] == NVME_NSID_BROADCAST) {
        return nvme_request_run_co(req, co_flush_all);
    }
    block_acct_start(blk_get_stats(req->ns->conf.blk), &req->acct, 0, BLOCK_ACCT_FLUSH);
    req->aiocb = blk_aio_flush(req->ns->conf.blk, io_done, req);
    return NVME_NO_COMPLETE;
}

/* ---- dispatch ---- */

typedef struct IoCommand {
    uint16_t (*fn)(NvmeRequest *req);
    uint16_t (*co_fn)(NvmeRequest *req);
    bool write;
} IoCommand;

static const IoCommand commands[256] = {
    [NVME_IO_FLUSH] = {.fn = flush},
    [NVME_IO_WRITE] = {.fn = rw, .write = true},
    [NVME_IO_READ] = {.fn = rw},
    [NVME_IO_COMPARE] = {.co_fn = nvme_co_compare},
    [NVME_IO_WRITE_ZEROES] = {.fn = write_zeroes, .write = true},
    [NVME_IO_DSM] = {.co_fn = nvme_co_dsm},
    [NVME_IO_VERIFY] = {.co_fn = nvme_co_verify},
    [NVME_IO_COPY] = {.co_fn = nvme_co_copy, .write = true},
};

uint32_t nvme_io_effects(uint8_t opcode)
{
    const IoCommand *c = &commands[opcode];

    if (!c->fn && !c->co_fn) {
        return 0;
    }
    return NVME_EFFECT_SUPPORTED |
           (c->write || opcode == NVME_IO_DSM ? NVME_EFFECT_LBA_CONTENT : 0);
}

uint16_t nvme_io_command(NvmeRequest *req)
{
    const IoCommand *c = &commands[nvme_opcode(&req->cmd)];
    uint32_t nsid = req->cmd.dw[1];

    if (NVME_CC_CSS(req->ctrl->s.cc) == NVME_CSS_ADMIN || (!c->fn && !c->co_fn)) {
        return NVME_INVALID_OPCODE;
    }
    if (nsid == 0 || (nsid > NVME_MAX_NAMESPACES && nsid != NVME_NSID_BROADCAST)) {
        return NVME_INVALID_NAMESPACE;
    }
    req->ns = nvme_namespace(req->ctrl, nsid);
    if (!req->ns && !(nsid == NVME_NSID_BROADCAST && nvme_opcode(&req->cmd) == NVME_IO_FLUSH)) {
        return NVME_INVALID_FIELD; /* inactive (6.1.5) */
    }
    if (req->cmd.dw[0] & 0x300) {
        return NVME_INVALID_FIELD; /* fused */
    }
    if (req->ns && req->ns->formatting) {
        return NVME_FORMAT_IN_PROGRESS;
    }
    if (c->write && !blk_is_writable(req->ns->conf.blk)) {
        return NVME_READ_ONLY_RANGE;
    }
    return c->fn ? c->fn(req) : nvme_request_run_co(req, c->co_fn);
}
