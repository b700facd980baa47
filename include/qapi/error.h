/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error objects: how a function tells its caller what went wrong.
 *
 *   bool frob_start(Frob *f, Error **errp)
 *   {
 *       if (f->started) {
 *           error_setg(errp, "frob '%s' is already started", f->name);
 *           error_append_hint(errp, "Stop it first with frob-stop.\n");
 *           return false;
 *       }
 *       ...
 *
 * Rules: @errp is the last parameter; a function sets *errp at most once, and
 * exactly when it also says "failed" in its return value. Callers pass
 *   - &local_err, to handle it (then free it or report it),
 *   - their own errp, to pass it on,
 *   - NULL, to ignore it (the return value still tells),
 *   - &error_fatal, to report it and exit(1) (start-up code only),
 *   - &error_abort, where failing would be a programming error.
 *
 * A function that needs to look at or amend *errp, where its caller may have
 * passed NULL or &error_fatal, begins with ERRP_GUARD().
 */
#ifndef QAPI_ERROR_H
#define QAPI_ERROR_H

#include "qemu/compiler.h"
#include "qemu/typedefs.h"

/* What QMP clients see in "class"; everything new is a GenericError. */
typedef enum ErrorClass {
    ERROR_CLASS_GENERIC_ERROR,
    ERROR_CLASS_COMMAND_NOT_FOUND,
    ERROR_CLASS_DEVICE_NOT_ACTIVE,
    ERROR_CLASS_DEVICE_NOT_FOUND,
    ERROR_CLASS_KVM_MISSING_CAP,
    ERROR_CLASS__MAX,
} ErrorClass;

/* "GenericError", "CommandNotFound", ... as written on the QMP wire. */
const char *error_class_str(ErrorClass class);
/* The reverse; ERROR_CLASS__MAX when @name is none of them. */
ErrorClass error_class_from_str(const char *name);

/* The message without hints; lives as long as @err. */
const char *error_get_pretty(const Error *err);
/* The hint text, or NULL. */
const char *error_get_hint(const Error *err);
ErrorClass error_get_class(const Error *err);

/*
 * Create an error in *errp. The message is one phrase: no newline, no full
 * stop. The _errno form appends ": " and strerror(@os_errno) unless that is 0.
 * All preserve errno.
 */
#define error_setg(errp, fmt, ...)                                                                 \
    error_setg_internal((errp), __FILE__, __LINE__, __func__, (fmt), ##__VA_ARGS__)
#define error_setg_errno(errp, os_errno, fmt, ...)                                                 \
    error_setg_errno_internal((errp), __FILE__, __LINE__, __func__, (os_errno), (fmt),             \
                              ##__VA_ARGS__)
#define error_set(errp, err_class, fmt, ...)                                                       \
    error_set_internal((errp), __FILE__, __LINE__, __func__, (err_class), (fmt), ##__VA_ARGS__)
/* "Could not open '@filename': strerror" */
#define error_setg_file_open(errp, os_errno, filename)                                             \
    error_setg_file_open_internal((errp), __FILE__, __LINE__, __func__, (os_errno), (filename))

void error_setg_internal(Error **errp, const char *src, int line, const char *func, const char *fmt,
                         ...) QEMU_PRINTF(5, 6);
void error_setg_errno_internal(Error **errp, const char *src, int line, const char *func,
                               int os_errno, const char *fmt, ...) QEMU_PRINTF(6, 7);
void error_set_internal(Error **errp, const char *src, int line, const char *func,
                        ErrorClass err_class, const char *fmt, ...) QEMU_PRINTF(6, 7);
void error_setg_file_open_internal(Error **errp, const char *src, int line, const char *func,
                                   int os_errno, const char *filename);

/*
 * Give @local_err (or nothing, if NULL) to the caller's @dst_errp, obeying
 * NULL, error_fatal and error_abort; if *@dst_errp is set already, the first
 * error stays and this one is freed.
 */
void error_propagate(Error **dst_errp, Error *local_err);
void error_propagate_prepend(Error **dst_errp, Error *local_err, const char *fmt, ...)
    QEMU_PRINTF(3, 4);

/* Put text before the message (no ": " is added). Needs ERRP_GUARD(). */
void error_prepend(Error *const *errp, const char *fmt, ...) QEMU_PRINTF(2, 3);
void error_vprepend(Error *const *errp, const char *fmt, va_list ap) QEMU_PRINTF(2, 0);
/*
 * Add advice for a person at a terminal: sentences, each ended with "\n".
 * Shown by error_report_err(), never sent over QMP. Needs ERRP_GUARD().
 */
void error_append_hint(Error *const *errp, const char *fmt, ...) QEMU_PRINTF(2, 3);

Error *error_copy(const Error *err);
void error_free(Error *err);
/* error_free() and set *@errp to NULL; fails the program if it was not set. */
void error_free_or_abort(Error **errp);

/* Report and free. The reportf forms put text before the message. */
void error_report_err(Error *err);
void warn_report_err(Error *err);
void error_reportf_err(Error *err, const char *fmt, ...) QEMU_PRINTF(2, 3);
void warn_reportf_err(Error *err, const char *fmt, ...) QEMU_PRINTF(2, 3);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Error, error_free)

/* Compared by address only; see above. */
extern Error *error_abort;
extern Error *error_fatal;

typedef struct ErrorPropagator {
    Error *local_err;
    Error **errp;
} ErrorPropagator;

void error_propagator_cleanup(ErrorPropagator *prop);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ErrorPropagator, error_propagator_cleanup);

/*
 * Make *errp safe to read in this function: when the caller passed NULL or
 * &error_fatal, errp is redirected to a local that is propagated on return.
 * First statement of the function, which names its parameter errp.
 */
#define ERRP_GUARD()                                                                               \
    g_auto(ErrorPropagator) errp_guard_ = {.errp = errp};                                          \
    do {                                                                                           \
        if (!errp || errp == &error_fatal) {                                                       \
            errp = &errp_guard_.local_err;                                                         \
        }                                                                                          \
    } while (0)

#endif
