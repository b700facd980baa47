/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operation codes, status, sense (SPC-4, SBC-3, MMC-6; SAM-5 for status). */
#ifndef HW_SCSI_REGS_H
#define HW_SCSI_REGS_H

enum ScsiOpcode {
    TEST_UNIT_READY = 0x00,
    REWIND = 0x01,
    REQUEST_SENSE = 0x03,
    FORMAT_UNIT = 0x04,
    REASSIGN_BLOCKS = 0x07,
    READ_6 = 0x08,
    WRITE_6 = 0x0a,
    INQUIRY = 0x12,
    MODE_SELECT = 0x15,
    RESERVE = 0x16,
    RELEASE = 0x17,
    MODE_SENSE = 0x1a,
    START_STOP = 0x1b,
    RECEIVE_DIAGNOSTIC = 0x1c,
    SEND_DIAGNOSTIC = 0x1d,
    ALLOW_MEDIUM_REMOVAL = 0x1e,
    READ_CAPACITY_10 = 0x25,
    READ_10 = 0x28,
    WRITE_10 = 0x2a,
    SEEK_10 = 0x2b,
    WRITE_VERIFY_10 = 0x2e,
    VERIFY_10 = 0x2f,
    PRE_FETCH = 0x34,
    SYNCHRONIZE_CACHE = 0x35,
    WRITE_BUFFER = 0x3b,
    READ_BUFFER = 0x3c,
    WRITE_LONG_10 = 0x3f,
    WRITE_SAME_10 = 0x41,
    UNMAP = 0x42,
    READ_TOC = 0x43,
    GET_CONFIGURATION = 0x46,
    LOG_SELECT = 0x4c,
    GET_EVENT_STATUS_NOTIFICATION = 0x4a,
    LOG_SENSE = 0x4d,
    READ_DISC_INFORMATION = 0x51,
    READ_TRACK_INFORMATION = 0x52,
    MODE_SELECT_10 = 0x55,
    RESERVE_10 = 0x56,
    RELEASE_10 = 0x57,
    MODE_SENSE_10 = 0x5a,
    PERSISTENT_RESERVE_IN = 0x5e,
    PERSISTENT_RESERVE_OUT = 0x5f,
    VARLENGTH_CDB = 0x7f,
    READ_16 = 0x88,
    COMPARE_AND_WRITE = 0x89,
    WRITE_16 = 0x8a,
    WRITE_VERIFY_16 = 0x8e,
    VERIFY_16 = 0x8f,
    PRE_FETCH_16 = 0x90,
    SYNCHRONIZE_CACHE_16 = 0x91,
    WRITE_SAME_16 = 0x93,
    SERVICE_ACTION_IN_16 = 0x9e,
    REPORT_LUNS = 0xa0,
    MAINTENANCE_IN = 0xa3,
    MAINTENANCE_OUT = 0xa4,
    READ_12 = 0xa8,
    WRITE_12 = 0xaa,
    GET_PERFORMANCE = 0xac,
    READ_DVD_STRUCTURE = 0xad,
    WRITE_VERIFY_12 = 0xae,
    VERIFY_12 = 0xaf,
    SET_CD_SPEED = 0xbb,
    MECHANISM_STATUS = 0xbd,
    READ_CD = 0xbe,
};

#define SAI_READ_CAPACITY_16        0x10
#define SAI_GET_LBA_STATUS          0x12
#define MI_REPORT_SUPPORTED_OPCODES 0x0c

#define TYPE_DISK                   0x00
#define TYPE_TAPE                   0x01
#define TYPE_ROM                    0x05
#define TYPE_NO_LUN                 0x7f

/* ---- status ---- */

#define GOOD                 0x00
#define CHECK_CONDITION      0x02
#define CONDITION_GOOD       0x04
#define BUSY                 0x08
#define RESERVATION_CONFLICT 0x18
#define TASK_SET_FULL        0x28
#define TASK_ABORTED         0x40

/* ---- sense keys, and the codes that are used: key, additional code, qualifier ---- */

enum ScsiSenseKey {
    NO_SENSE = 0x0,
    RECOVERED_ERROR = 0x1,
    NOT_READY = 0x2,
    MEDIUM_ERROR = 0x3,
    HARDWARE_ERROR = 0x4,
    ILLEGAL_REQUEST = 0x5,
    UNIT_ATTENTION = 0x6,
    DATA_PROTECT = 0x7,
    ABORTED_COMMAND = 0xb,
    MISCOMPARE = 0xe,
};

#endif
