/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deprecated and unstable parts of the interface: let through, refused or left out. */
#include "qemu/osdep.h"
#include "qapi/compat-policy.h"

CompatPolicy compat_policy;

static bool input_ok(CompatPolicyInput policy, const char *adjective, ErrorClass err_class,
                     const char *kind, const char *name, Error **errp)
{
    switch (policy) {
    case COMPAT_POLICY_INPUT_ACCEPT:
        return true;
    case COMPAT_POLICY_INPUT_CRASH:
        /* Whoever runs this asked for a core dump that shows where it comes from. */
        raise(SIGABRT);
        /* fall through */
    default:
        error_set(errp, err_class, "%s %s '%s' is disabled by -compat", adjective, kind, name);
        return false;
    }
}

bool compat_policy_input_ok(const CompatPolicy *policy, uint64_t features, ErrorClass err_class,
                            const char *kind, const char *name, Error **errp)
{
    if (!policy) {
        return true;
    }
    if ((features & 1u << QAPI_DEPRECATED) &&
        !input_ok(policy->deprecated_input, "Deprecated", err_class, kind, name, errp)) {
        return false;
    }
    return !(features & 1u << QAPI_UNSTABLE) ||
           input_ok(policy->unstable_input, "Unstable", err_class, kind, name, errp);
}

bool compat_policy_output_ok(const CompatPolicy *policy, uint64_t features)
{
    if (!policy) {
        return true;
    }
    return !((features & 1u << QAPI_DEPRECATED) &&
             policy->deprecated_output == COMPAT_POLICY_OUTPUT_HIDE) &&
           !((features & 1u << QAPI_UNSTABLE) &&
             policy->unstable_output == COMPAT_POLICY_OUTPUT_HIDE);
}

void compat_policy_merge(const CompatPolicy *from)
{
    if (from->has_deprecated_input) {
        compat_policy.deprecated_input = from->deprecated_input;
    }
    if (from->has_deprecated_output) {
        compat_policy.deprecated_output = from->deprecated_output;
    }
    if (from->has_unstable_input) {
        compat_policy.unstable_input = from->unstable_input;
    }
    if (from->has_unstable_output) {
        compat_policy.unstable_output = from->unstable_output;
    }
}
