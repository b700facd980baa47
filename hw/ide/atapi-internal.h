/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the CD drive share (MMC-6, SPC-4; packets over ATA: ATA8-ACS 4.3). */
#ifndef HW_IDE_ATAPI_INTERNAL_H
#define HW_IDE_ATAPI_INTERNAL_H

#include "ide-internal.h"
#include "qemu/bswap.h"

/* Sense keys. */
#define SENSE_NONE            0
#define SENSE_NOT_READY       2
#define SENSE_MEDIUM_ERROR    3
#define SENSE_ILLEGAL_REQUEST 5
#define SENSE_UNIT_ATTENTION  6

/* Additional sense codes. */
#define ASC_READ_ERROR         0x11
#define ASC_ILLEGAL_OPCODE     0x20
#define ASC_LBA_OUT_OF_RANGE   0x21
#define ASC_INVALID_FIELD      0x24
#define ASC_MEDIUM_CHANGED     0x28
#define ASC_SAVING_UNSUPPORTED 0x39
#define ASC_MEDIUM_NOT_PRESENT 0x3a
#define ASC_REMOVAL_PREVENTED  0x53
#define ASC_ILLEGAL_MODE       0x64

#define CD_MAX_SECTORS         (80 * 60 * 75) /* of a CD; more is a DVD */

/* Ends the command with this sense. */
void atapi_fail(IDEDrive *s, uint8_t key, uint8_t asc, uint8_t ascq);
void atapi_ok(IDEDrive *s);
/* The first @size bytes of the buffer, but no more than @max that the host asked for. */
void atapi_reply(IDEDrive *s, uint32_t size, uint32_t max);
/* Sectors of 2,048 bytes of the medium; 0 without. */
uint64_t atapi_sectors(IDEDrive *s);

/* atapi-info.c */
void atapi_inquiry(IDEDrive *s);
void atapi_mode_sense(IDEDrive *s);
void atapi_get_configuration(IDEDrive *s);
void atapi_get_event_status(IDEDrive *s);
void atapi_read_toc(IDEDrive *s);
void atapi_read_disc_information(IDEDrive *s);
void atapi_read_dvd_structure(IDEDrive *s);
void atapi_mechanism_status(IDEDrive *s);

#endif
