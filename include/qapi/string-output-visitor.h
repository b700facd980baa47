/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a scalar, a list of scalars or a struct of those as text.
 * @human: strings in quotes, integers also in hexadecimal, sizes also with suffix.
 * visit_complete(v, result) stores the text, the caller's to g_free().
 */
#ifndef QAPI_STRING_OUTPUT_VISITOR_H
#define QAPI_STRING_OUTPUT_VISITOR_H

#include "qapi/visitor.h"

Visitor *string_output_visitor_new(bool human, char **result);

#endif /* QAPI_STRING_OUTPUT_VISITOR_H */
