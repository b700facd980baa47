/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help for options whose parameters are those of a QMP type. */
#ifndef SCHEMA_HELP_H
#define SCHEMA_HELP_H

/*
 * Prints the members of what the QMP command @command takes, or with @result gives, as parameters
 * of @name: those that all variants have, and those of variant @name. False, and nothing printed,
 * if there is no such variant.
 */
bool schema_print_members(const char *command, bool result, const char *name);

#endif
