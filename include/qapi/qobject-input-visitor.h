/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads typed values out of QObjects. */
#ifndef QAPI_QOBJECT_INPUT_VISITOR_H
#define QAPI_QOBJECT_INPUT_VISITOR_H

#include "qapi/visitor.h"
#include "qobject/qobject.h"

/*
 * Scalars must have the JSON type that fits ("type": 5 is no string). Keeps a
 * reference to @obj. Unvisited members are an error (visit_check_struct).
 */
Visitor *qobject_input_visitor_new(QObject *obj);
/* The same under the policy of -compat. */
Visitor *qobject_input_visitor_new_qmp(QObject *obj);

/* For what keyval_parse() made: all scalars are strings, parsed here to what is asked for. */
Visitor *qobject_input_visitor_new_keyval(QObject *obj);

/*
 * An option argument: a JSON object when it starts with '{', else
 * key=value,... with @implied_key. NULL and @errp on error.
 */
Visitor *qobject_input_visitor_new_str(const char *str, const char *implied_key, Error **errp);

#endif /* QAPI_QOBJECT_INPUT_VISITOR_H */
