/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of a VHDX file ([MS-VHDX] 2.3): changes of metadata that a program had written down
 * before it made them. Who opens the file to write makes them again. Main thread.
 */
#include "qemu/osdep.h"
#include "vhdx.h"
#include "qemu/bswap.h"
#include "qemu/crc.h"
#include "qemu/memalign.h"

#define LOG_SECTOR 4096

typedef struct QEMU_PACKED LogEntry {
    uint32_t magic;
    uint32_t checksum; /* of the whole entry */
    uint32_t length;
    uint32_t tail; /* where in the log the oldest entry that matters begins */
    uint64_t sequence;
    uint32_t descriptors;
    uint32_t reserved;
    uint8_t guid[16];
    uint64_t flushed_offset; /* size that the file must have */
    uint64_t last_offset;    /* size that it gets */
} LogEntry;

typedef struct QEMU_PACKED LogDesc {
    uint32_t magic;
    uint32_t trailing; /* zero descriptor: reserved */
    uint64_t leading;  /* zero descriptor: length */
    uint64_t file_offset;
    uint64_t sequence;
} LogDesc;

typedef struct Log {
    BlockDriverState *bs;
    uint64_t offset;
    uint32_t length;
    uint8_t guid[16];
    uint64_t budget; /* bytes that may still be read to find the right entries */
} Log;

typedef struct Sequence {
    uint32_t tail, head; /* where the first and last entry are; the former as the latter says */
    uint64_t number;     /* of the head */
    bool found;
} Sequence;

static uint32_t wrap(const Log *log, uint64_t at)
{
    return at % log->length;
}

static bool read_sector(const Log *log, uint64_t at, void *buf)
{
    return bdrv_pread(log->bs->file, log->offset + wrap(log, at), LOG_SECTOR, buf, 0) >= 0;
}

static uint32_t descriptor_sectors(const LogEntry *e)
{
    return DIV_ROUND_UP(sizeof(*e) + (uint64_t)le32_to_cpu(e->descriptors) * sizeof(LogDesc),
                        LOG_SECTOR);
}

/* Is there a whole entry at @at? Its head in @e. */
static bool read_entry(Log *log, uint32_t at, LogEntry *e)
{
    uint8_t buf[LOG_SECTOR];
    uint32_t length, crc = 0xffffffff, checksum;

    if (log->budget < LOG_SECTOR || !read_sector(log, at, buf)) {
        return false;
    }
    log->budget -= LOG_SECTOR;
    memcpy(e, buf, sizeof(*e));
    length = le32_to_cpu(e->length);
    if (le32_to_cpu(e->magic) != VHDX_LOG_MAGIC || memcmp(e->guid, log->guid, 16) ||
        !le64_to_cpu(e->sequence) || length < LOG_SECTOR || length % LOG_SECTOR ||
        length > log->length || le32_to_cpu(e->tail) % LOG_SECTOR ||
        le32_to_cpu(e->tail) >= log->length || length > log->budget ||
        (uint64_t)le32_to_cpu(e->descriptors) * sizeof(LogDesc) > length - sizeof(*e)) {
        return false;
    }
    log->budget -= length;
    checksum = le32_to_cpu(e->checksum);
    stl_le_p(buf + 4, 0);
    for (uint32_t done = 0; done < length; done += LOG_SECTOR) {
        if (done && !read_sector(log, (uint64_t)at + done, buf)) {
            return false;
        }
        /* Each call takes and gives the inverted value. */
        crc = done ? crc32c(~crc, buf, LOG_SECTOR) : crc32c(crc, buf, LOG_SECTOR);
    }
    return crc == checksum;
}

/* Entries that follow one another from @at; *@end: behind them. */
static Sequence follow(Log *log, uint32_t at, uint32_t *end)
{
    Sequence q = {0};
    uint64_t pos = at;
    bool tail_seen = false;
    LogEntry e;

    *end = wrap(log, (uint64_t)at + LOG_SECTOR);
    while (pos - at < log->length && read_entry(log, wrap(log, pos), &e) &&
           (pos == at || le64_to_cpu(e.sequence) == q.number + 1)) {
        q.number = le64_to_cpu(e.sequence);
        q.head = wrap(log, pos);
        q.tail = le32_to_cpu(e.tail);
        pos += le32_to_cpu(e.length);
        *end = wrap(log, pos);
    }
    /* The tail that the last one names must be one of them. */
    for (uint64_t p = at; p < pos && !tail_seen;) {
        tail_seen = wrap(log, p) == q.tail;
        if (!read_entry(log, wrap(log, p), &e)) {
            break;
        }
        p += le32_to_cpu(e.length);
    }
    q.found = tail_seen;
    return q;
}

static Sequence find_active(Log *log)
{
    Sequence best = {0};
    uint32_t at = 0;

    while (log->budget >= LOG_SECTOR) {
        uint32_t end;
        Sequence q = follow(log, at, &end);

        if (q.found && (!best.found || q.number > best.number)) {
            best = q;
        }
        if (end <= at) {
            break;
        }
        at = end;
    }
    return best;
}

/* ---- doing it again ---- */

static bool replay_desc(const Log *log, const LogEntry *e, const LogDesc *d, uint64_t *data_at,
                        Error **errp)
{
    BdrvChild *file = log->bs->file;
    uint64_t offset = le64_to_cpu(d->file_offset);
    int64_t length = bdrv_getlength(file->bs);
    uint8_t buf[LOG_SECTOR];
    int ret = length < 0 ? length : 0;

    if (offset % LOG_SECTOR || offset > 2 * VHDX_MAX_SIZE || d->sequence != e->sequence) {
        error_setg(errp, "The VHDX log has a change at %" PRIu64 " that is none", offset);
        return false;
    }
    if (le32_to_cpu(d->magic) == VHDX_ZERO_MAGIC) {
        /* Behind the end of the file is nothing but zeroes. */
        if (ret >= 0 && offset < (uint64_t)length) {
            ret = bdrv_pwrite_zeroes(file, offset,
                                     MIN(le64_to_cpu(d->leading), (uint64_t)length - offset), 0);
        }
    } else if (le32_to_cpu(d->magic) == VHDX_DESC_MAGIC) {
        if (!read_sector(log, *data_at, buf) || ldl_le_p(buf) != VHDX_DATA_MAGIC) {
            error_setg(errp, "The VHDX log lacks the data of a change");
            return false;
        }
        *data_at += LOG_SECTOR;
        memcpy(buf, &d->leading, 8);
        memcpy(buf + LOG_SECTOR - 4, &d->trailing, 4);
        ret = ret < 0 ? ret : bdrv_pwrite(file, offset, LOG_SECTOR, buf, 0);
    } else {
        error_setg(errp, "The VHDX log has a change of an unknown kind");
        return false;
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not replay the VHDX log");
    }
    return ret >= 0;
}

static bool replay_entry(Log *log, uint32_t at, const LogEntry *e, Error **errp)
{
    uint32_t sectors = descriptor_sectors(e), count = le32_to_cpu(e->descriptors);
    uint64_t data_at = at + (uint64_t)sectors * LOG_SECTOR, last = le64_to_cpu(e->last_offset);
    int64_t length = bdrv_getlength(log->bs->file->bs);
    uint8_t buf[LOG_SECTOR];
    uint32_t n = 0;

    if (length < 0 || le64_to_cpu(e->flushed_offset) > (uint64_t)length ||
        last > 2 * VHDX_MAX_SIZE) {
        error_setg(errp, "The file is shorter than its VHDX log says: %" PRId64 " bytes", length);
        return false;
    }
    for (uint32_t i = 0; i < sectors; i++) {
        uint32_t pos = i ? 0 : sizeof(*e);

        if (!read_sector(log, (uint64_t)at + i * LOG_SECTOR, buf)) {
            error_setg(errp, "Could not read the VHDX log");
            return false;
        }
        for (; n < count && pos + sizeof(LogDesc) <= LOG_SECTOR; n++, pos += sizeof(LogDesc)) {
            if (!replay_desc(log, e, (LogDesc *)(buf + pos), &data_at, errp)) {
                return false;
            }
        }
    }
    return bdrv_getlength(log->bs->file->bs) >= (int64_t)last ||
           bdrv_truncate(log->bs->file, last, false, PREALLOC_MODE_OFF, 0, errp) >= 0;
}

static bool replay(Log *log, const Sequence *q, Error **errp)
{
    uint64_t at = q->tail;
    LogEntry e;

    do {
        log->budget = 2 * (uint64_t)log->length + LOG_SECTOR;
        if (!read_entry(log, wrap(log, at), &e)) {
            error_setg(errp, "The VHDX log cannot be read");
            return false;
        }
        if (!replay_entry(log, wrap(log, at), &e, errp)) {
            return false;
        }
        at += le32_to_cpu(e.length);
    } while (le64_to_cpu(e.sequence) != q->number && at - q->tail < log->length);
    return true;
}

bool vhdx_replay_log(BlockDriverState *bs, Error **errp)
{
    static const uint8_t none[16];
    VhdxState *s = bs->opaque;
    Log log = {
        .bs = bs,
        .offset = le64_to_cpu(s->header.log_offset),
        .length = le32_to_cpu(s->header.log_length),
    };
    Sequence q;
    int ret;

    if (!memcmp(s->header.log_guid, none, 16)) {
        return true;
    }
    memcpy(log.guid, s->header.log_guid, 16);
    log.budget = 8 * (uint64_t)log.length;
    q = log.length ? find_active(&log) : (Sequence){0};
    if (!q.found) {
        error_setg(errp, "The VHDX log is not empty, and has no valid sequence of entries");
        return false;
    }
    if (bdrv_is_read_only(bs)) {
        error_setg(errp,
                   "VHDX image file '%s' opened read-only, but contains a log that needs to be "
                   "replayed",
                   bs->filename);
        error_append_hint(errp, "To replay the log, run:\nqemu-img check -r all '%s'\n",
                          bs->filename);
        return false;
    }
    if (!replay(&log, &q, errp)) {
        return false;
    }
    ret = bdrv_flush(bs->file->bs);
    if (ret >= 0) {
        memset(s->header.log_guid, 0, 16);
        ret = vhdx_write_header(bs);
        ret = ret < 0 ? ret : vhdx_write_header(bs);
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not end the replay of the VHDX log");
        return false;
    }
    s->log_replayed = true;
    return true;
}
