/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several block drivers do alike. */
#include "qemu/osdep.h"
#include "block/block_int.h"

void bdrv_pass_request_flags(BlockDriverState *bs)
{
    const BlockDriverState *file = bs->file->bs;

    bs->supported_write_flags =
        BDRV_REQ_WRITE_UNCHANGED | (BDRV_REQ_FUA & file->supported_write_flags);
    bs->supported_zero_flags =
        BDRV_REQ_WRITE_UNCHANGED |
        ((BDRV_REQ_FUA | BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK) & file->supported_zero_flags);
}

bool bdrv_refuse_inactivate(BlockDriverState *bs, Error **errp)
{
    error_setg(errp, "The %s format used by node '%s' does not support live migration",
               bs->drv->format_name, bdrv_get_device_or_node_name(bs));
    return false;
}

bool bdrv_reopen_nothing(BDRVReopenState *state, Error **errp)
{
    return true;
}
