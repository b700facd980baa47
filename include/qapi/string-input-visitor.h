/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a scalar, or a list of integers with ranges ("1-3,8"), from text: how
 * the monitor and -global set a property. @str must outlive the visitor.
 */
#ifndef QAPI_STRING_INPUT_VISITOR_H
#define QAPI_STRING_INPUT_VISITOR_H

#include "qapi/visitor.h"

Visitor *string_input_visitor_new(const char *str);

#endif /* QAPI_STRING_INPUT_VISITOR_H */
