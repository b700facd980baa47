/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a machine in a qcow2 image: it lies behind the disk, from the first level 2 table
 * that has nothing of the disk, and becomes part of the snapshot that is made then.
 */
#include "qemu/osdep.h"
#include "qcow2.h"

static uint64_t first_table(BlockDriverState *bs)
{
    return qcow2_l1_entries(bs->opaque, bs->total_bytes);
}

/* -EFBIG: no image is as large as that. */
static int64_t place(BlockDriverState *bs, int64_t pos, size_t bytes)
{
    Qcow2State *s = bs->opaque;
    uint64_t start = first_table(bs) << qcow2_table_bits(s);

    return pos < 0 || start > INT64_MAX - (uint64_t)pos - bytes ? -EFBIG : (int64_t)start + pos;
}

int64_t qcow2_vmstate_offset(BlockDriverState *bs)
{
    return MAX(place(bs, 0, 0), 0);
}

/* Whole sectors, which may be encrypted: the last one is filled up. */
static int coroutine_fn save_sectors(BlockDriverState *bs, QEMUIOVector *qiov, int64_t offset)
{
    size_t bytes = ROUND_UP(qiov->size, BDRV_SECTOR_SIZE);
    QEMU_AUTO_VFREE uint8_t *buf = NULL;
    QEMUIOVector whole;

    if (bytes == qiov->size) {
        return qcow2_co_pwritev_part(bs, offset, bytes, qiov, 0, 0);
    }
    buf = qemu_try_blockalign0(bs->file->bs, bytes);
    if (!buf) {
        return -ENOMEM;
    }
    qemu_iovec_to_buf(qiov, 0, buf, qiov->size);
    qemu_iovec_init_buf(&whole, buf, bytes);
    return qcow2_co_pwritev_part(bs, offset, bytes, &whole, 0, 0);
}

int coroutine_fn qcow2_co_save_vmstate(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos)
{
    Qcow2State *s = bs->opaque;
    int64_t offset = place(bs, pos, qiov->size);
    int ret = 0;

    qcow2_event(bs, BLKDBG_VMSTATE_SAVE);
    if (qcow2_has_data_file(s)) {
        /* It would become a part of a snapshot, which such an image cannot have. */
        return -ENOTSUP;
    }
    if (offset < 0 || pos % BDRV_SECTOR_SIZE) {
        return offset < 0 ? offset : -EINVAL;
    }
    if (!pos) {
        /* What was there before is nobody's. */
        qemu_co_mutex_lock(&s->lock);
        ret = qcow2_drop_vmstate(bs);
        qemu_co_mutex_unlock(&s->lock);
    }
    return ret < 0 ? ret : save_sectors(bs, qiov, offset);
}

int coroutine_fn qcow2_co_load_vmstate(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos)
{
    int64_t offset = place(bs, pos, qiov->size);
    int64_t start = ROUND_DOWN(offset, BDRV_SECTOR_SIZE);
    size_t bytes = ROUND_UP(offset + qiov->size, BDRV_SECTOR_SIZE) - start;
    QEMU_AUTO_VFREE uint8_t *buf = NULL;
    QEMUIOVector whole;
    int ret;

    qcow2_event(bs, BLKDBG_VMSTATE_LOAD);
    if (offset < 0) {
        return offset;
    }
    buf = qemu_try_blockalign(bs->file->bs, bytes);
    if (!buf) {
        return -ENOMEM;
    }
    qemu_iovec_init_buf(&whole, buf, bytes);
    ret = qcow2_co_preadv_part(bs, start, bytes, &whole, 0, 0);
    if (ret >= 0) {
        qemu_iovec_from_buf(qiov, 0, buf + (offset - start), qiov->size);
    }
    return ret;
}

int coroutine_fn qcow2_drop_vmstate(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    uint64_t first = first_table(bs);
    int ret = first < s->l1_size
                  ? qcow2_drop_tables(bs, first, s->l1_size - first, QCOW2_DISCARD_SNAPSHOT)
                  : 0;

    return ret <= 0 ? ret : qcow2_commit(bs);
}
