/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns typed values into QObjects. */
#ifndef QAPI_QOBJECT_OUTPUT_VISITOR_H
#define QAPI_QOBJECT_OUTPUT_VISITOR_H

#include "qapi/visitor.h"
#include "qobject/qobject.h"

/* visit_complete(v, result) stores the tree in *@result, the caller's reference. */
Visitor *qobject_output_visitor_new(QObject **result);
/* The same under the policy of -compat. */
Visitor *qobject_output_visitor_new_qmp(QObject **result);

#endif /* QAPI_QOBJECT_OUTPUT_VISITOR_H */
