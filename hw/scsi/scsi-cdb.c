/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command descriptor block says: its length, where and how much it transfers (SPC-4, 4.2 and
 * the tables of each command in SPC-4, SBC-3, MMC-6); sense data (SPC-4, 4.5).
 */
#include "qemu/osdep.h"
#include "hw/scsi/scsi.h"
#include "qemu/bswap.h"

/* ---- sense ---- */

#define DEFINE_SENSE(name, key, asc, ascq) const SCSISense scsi_sense_##name = {key, asc, ascq}

DEFINE_SENSE(NO_SENSE, NO_SENSE, 0x00, 0x00);
DEFINE_SENSE(LUN_NOT_READY, NOT_READY, 0x04, 0x03);
DEFINE_SENSE(NO_MEDIUM, NOT_READY, 0x3a, 0x00);
DEFINE_SENSE(NOT_READY_REMOVAL_PREVENTED, NOT_READY, 0x53, 0x02);
DEFINE_SENSE(TARGET_FAILURE, HARDWARE_ERROR, 0x44, 0x00);
DEFINE_SENSE(IO_ERROR_READ, MEDIUM_ERROR, 0x11, 0x00);
DEFINE_SENSE(IO_ERROR_WRITE, MEDIUM_ERROR, 0x0c, 0x00);
DEFINE_SENSE(IO_ERROR, ABORTED_COMMAND, 0x00, 0x06);
DEFINE_SENSE(INVALID_OPCODE, ILLEGAL_REQUEST, 0x20, 0x00);
DEFINE_SENSE(LBA_OUT_OF_RANGE, ILLEGAL_REQUEST, 0x21, 0x00);
DEFINE_SENSE(INVALID_FIELD, ILLEGAL_REQUEST, 0x24, 0x00);
DEFINE_SENSE(INVALID_PARAM, ILLEGAL_REQUEST, 0x26, 0x00);
DEFINE_SENSE(INVALID_PARAM_VALUE, ILLEGAL_REQUEST, 0x26, 0x02);
DEFINE_SENSE(INVALID_PARAM_LEN, ILLEGAL_REQUEST, 0x1a, 0x00);
DEFINE_SENSE(LUN_NOT_SUPPORTED, ILLEGAL_REQUEST, 0x25, 0x00);
DEFINE_SENSE(SAVING_PARAMS, ILLEGAL_REQUEST, 0x39, 0x00);
DEFINE_SENSE(INCOMPATIBLE_MEDIUM, ILLEGAL_REQUEST, 0x30, 0x00);
DEFINE_SENSE(ILLEGAL_MODE, ILLEGAL_REQUEST, 0x64, 0x00);
DEFINE_SENSE(ILLEGAL_REQ_REMOVAL_PREVENTED, ILLEGAL_REQUEST, 0x53, 0x02);
DEFINE_SENSE(SPACE_ALLOC_FAILED, DATA_PROTECT, 0x27, 0x07);
DEFINE_SENSE(WRITE_PROTECTED, DATA_PROTECT, 0x27, 0x00);
DEFINE_SENSE(RESET, UNIT_ATTENTION, 0x29, 0x00);
DEFINE_SENSE(DEVICE_INTERNAL_RESET, UNIT_ATTENTION, 0x29, 0x04);
DEFINE_SENSE(MEDIUM_CHANGED, UNIT_ATTENTION, 0x28, 0x00);
DEFINE_SENSE(MODE_CHANGED, UNIT_ATTENTION, 0x2a, 0x01);
DEFINE_SENSE(CAPACITY_CHANGED, UNIT_ATTENTION, 0x2a, 0x09);
DEFINE_SENSE(REPORTED_LUNS_CHANGED, UNIT_ATTENTION, 0x3f, 0x0e);
DEFINE_SENSE(MISCOMPARE, MISCOMPARE, 0x1d, 0x00);

int scsi_build_sense(uint8_t *buf, SCSISense sense)
{
    memset(buf, 0, 18);
    buf[0] = 0x70;
    buf[2] = sense.key;
    buf[7] = 10;
    buf[12] = sense.asc;
    buf[13] = sense.ascq;
    return 18;
}

/* ---- length ---- */

int scsi_cdb_length(const uint8_t *buf)
{
    if (buf[0] == VARLENGTH_CDB) {
        int len = buf[7] + 8;

        return len <= SCSI_CDB_MAX ? len : -1;
    }
    switch (buf[0] >> 5) {
    case 0:
        return 6;
    case 1:
    case 2:
        return 10;
    case 4:
        return 16;
    case 5:
        return 12;
    default:
        return -1;
    }
}

/* ---- address and amount, where the group has them ---- */

static uint64_t group_lba(const uint8_t *buf)
{
    switch (buf[0] >> 5) {
    case 0:
        return ldl_be_p(buf) & 0x1fffff;
    case 1:
    case 2:
    case 5:
        return ldl_be_p(buf + 2);
    case 4:
        return ldq_be_p(buf + 2);
    default:
        return 0;
    }
}

static uint64_t group_count(const uint8_t *buf)
{
    switch (buf[0] >> 5) {
    case 0:
        return buf[4];
    case 1:
    case 2:
        return lduw_be_p(buf + 7);
    case 4:
        return ldl_be_p(buf + 10);
    case 5:
        return ldl_be_p(buf + 6);
    default:
        return 0;
    }
}

/* BYTCHK: 0 compares nothing, 1 all blocks, 3 one block over and over. */
static uint64_t verify_bytes(const uint8_t *buf, uint32_t blocksize)
{
    switch (buf[1] >> 1 & 3) {
    case 1:
        return group_count(buf) * blocksize;
    case 3:
        return blocksize;
    default:
        return 0;
    }
}

static uint64_t cdb_xfer(const uint8_t *buf, uint32_t blocksize)
{
    uint64_t count = group_count(buf);

    switch (buf[0]) {
    case TEST_UNIT_READY:
    case REWIND:
    case START_STOP:
    case ALLOW_MEDIUM_REMOVAL:
    case RESERVE:
    case RELEASE:
    case RESERVE_10:
    case RELEASE_10:
    case SEEK_10:
    case PRE_FETCH:
    case PRE_FETCH_16:
    case SYNCHRONIZE_CACHE:
    case SYNCHRONIZE_CACHE_16:
    case SET_CD_SPEED:
        return 0;
    case FORMAT_UNIT:
        return buf[1] & 0x10 ? 4 : 0; /* a parameter list, of which we want the header */
    case READ_6:
    case WRITE_6:
        return (count ? count : 256) * blocksize;
    case READ_10:
    case READ_12:
    case READ_16:
    case WRITE_10:
    case WRITE_12:
    case WRITE_16:
    case WRITE_VERIFY_10:
    case WRITE_VERIFY_12:
    case WRITE_VERIFY_16:
        return count * blocksize;
    case COMPARE_AND_WRITE:
        return 2ull * buf[13] * blocksize;
    case VERIFY_10:
    case VERIFY_12:
    case VERIFY_16:
        return verify_bytes(buf, blocksize);
    case WRITE_SAME_10:
        return blocksize;
    case WRITE_SAME_16:
        return buf[1] & 1 ? 0 : blocksize; /* NDOB */
    case READ_CAPACITY_10:
        return 8;
    case INQUIRY:
    case RECEIVE_DIAGNOSTIC:
    case SEND_DIAGNOSTIC:
        return lduw_be_p(buf + 3);
    case READ_BUFFER:
    case WRITE_BUFFER:
        return ldl_be_p(buf + 5) & 0xffffff;
    case PERSISTENT_RESERVE_OUT:
        return ldl_be_p(buf + 5);
    case READ_DVD_STRUCTURE:
    case MECHANISM_STATUS:
        return lduw_be_p(buf + 8);
    case READ_CD:
        return (uint64_t)(ldl_be_p(buf + 5) & 0xffffff) * 2352;
    case GET_PERFORMANCE:
        return lduw_be_p(buf + 8) * 16 + 8;
    default:
        return count;
    }
}

/* Tapes: how many blocks, or, with blocks of any size, how many bytes (SSC-3, 5.3, 5.5). */
static uint64_t tape_xfer(const uint8_t *buf, uint32_t blocksize)
{
    uint32_t count = ldl_be_p(buf + 1) & 0xffffff;

    if (buf[0] != READ_6 && buf[0] != WRITE_6) {
        return cdb_xfer(buf, blocksize);
    }
    return buf[1] & 1 ? (uint64_t)count * blocksize : count;
}

static bool writes_to_device(uint8_t opcode)
{
    switch (opcode) {
    case FORMAT_UNIT:
    case REASSIGN_BLOCKS:
    case WRITE_6:
    case WRITE_10:
    case WRITE_12:
    case WRITE_16:
    case WRITE_VERIFY_10:
    case WRITE_VERIFY_12:
    case WRITE_VERIFY_16:
    case VERIFY_10:
    case VERIFY_12:
    case VERIFY_16:
    case WRITE_SAME_10:
    case WRITE_SAME_16:
    case WRITE_BUFFER:
    case WRITE_LONG_10:
    case COMPARE_AND_WRITE:
    case UNMAP:
    case MODE_SELECT:
    case MODE_SELECT_10:
    case LOG_SELECT:
    case SEND_DIAGNOSTIC:
    case PERSISTENT_RESERVE_OUT:
    case MAINTENANCE_OUT:
        return true;
    default:
        return false;
    }
}

bool scsi_parse_cdb(SCSICommand *cmd, int type, uint32_t blocksize)
{
    int len = scsi_cdb_length(cmd->buf);
    uint64_t xfer;

    if (len < 0) {
        return false;
    }
    xfer = type == TYPE_TAPE ? tape_xfer(cmd->buf, blocksize) : cdb_xfer(cmd->buf, blocksize);
    cmd->len = len;
    cmd->lba = group_lba(cmd->buf);
    cmd->xfer = xfer;
    cmd->mode = !xfer                           ? SCSI_XFER_NONE
                : writes_to_device(cmd->buf[0]) ? SCSI_XFER_TO_DEV
                                                : SCSI_XFER_FROM_DEV;
    return true;
}
