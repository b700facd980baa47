/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What -compat says about deprecated and unstable parts of the interface. */
#ifndef QAPI_COMPAT_POLICY_H
#define QAPI_COMPAT_POLICY_H

#include "qapi/qapi-types-compat.h"

/* Set before the first monitor; not changed afterwards. */
extern CompatPolicy compat_policy;

/*
 * May input with @features (bits QAPI_*) be used under @policy (NULL: anything may)?
 * false and @errp, of class @err_class, that names the @kind ("command") and @name.
 */
bool compat_policy_input_ok(const CompatPolicy *policy, uint64_t features, ErrorClass err_class,
                            const char *kind, const char *name, Error **errp);
/* What @from says replaces what was said before. */
void compat_policy_merge(const CompatPolicy *from);
bool compat_policy_output_ok(const CompatPolicy *policy, uint64_t features);

#endif /* QAPI_COMPAT_POLICY_H */
