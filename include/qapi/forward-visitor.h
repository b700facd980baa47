/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One member of another visitor under another name: what an alias property uses
 * whose target has a name of its own. @target must outlive it.
 */
#ifndef QAPI_FORWARD_VISITOR_H
#define QAPI_FORWARD_VISITOR_H

#include "qapi/visitor.h"

/* A visit of @from, and of nothing else on the outermost level, goes to @target as @to. */
Visitor *visitor_forward_field(Visitor *target, const char *from, const char *to);

#endif /* QAPI_FORWARD_VISITOR_H */
