/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables from the command line (-acpitable). Main thread, before the machine is complete. */
#ifndef HW_ACPI_ACPI_TABLE_H
#define HW_ACPI_ACPI_TABLE_H

#include "qapi/error.h"
#include "qobject/qdict.h"

/*
 * One -acpitable: "file" (with header) or "data" (without) names the files that
 * make up the table, separated by colons; sig, rev, oem_id, oem_table_id,
 * oem_rev, asl_compiler_id and asl_compiler_rev replace fields of its header.
 */
bool acpi_table_add(const QDict *keys, Error **errp);

/* The tables so far, each GByteArray complete with length; checksum not yet valid. */
GPtrArray *acpi_user_tables(void);

#endif
