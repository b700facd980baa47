/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frees what a type consists of, also when it is incomplete. Generated qapi_free_*() use it. */
#ifndef QAPI_DEALLOC_VISITOR_H
#define QAPI_DEALLOC_VISITOR_H

#include "qapi/visitor.h"

Visitor *qapi_dealloc_visitor_new(void);

#endif /* QAPI_DEALLOC_VISITOR_H */
