/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening from a coroutine. Nodes cannot be opened in one: what is half open would be seen by
 * whoever has a turn while it waits, and drains wait for requests. So each attempt is made in one
 * go by the main loop. What takes seconds, a passphrase that an encrypted image wants to have tried
 * as often as its header says, is done by a worker between two attempts, when nothing is open.
 */
#include "qemu/osdep.h"
#include "block/thread-pool.h"
#include "crypto/block.h"
#include "node-internal.h"
#include "qemu/main-loop.h"
#include "qobject/qdict.h"

typedef struct OpenCo {
    Coroutine *co;
    const char *filename;
    QDict *options;
    int flags;
    QCryptoKeyWork *work;
    BlockDriverState *bs;
    Error *err;
} OpenCo;

/* Where the monitor's commands run, too: not while something waits for a request. */
static void attempt_bh(void *opaque)
{
    OpenCo *o = opaque;

    o->bs = bdrv_open_with_keys(o->filename, NULL, qdict_clone_shallow(o->options), o->flags,
                                o->work, &o->err);
    aio_co_wake(o->co);
}

static int try_passphrases(void *opaque)
{
    qcrypto_key_work_do(opaque);
    return 0;
}

BlockDriverState *coroutine_fn bdrv_co_open(const char *filename, QDict *options, int flags,
                                            Error **errp)
{
    g_autoptr(QCryptoKeyWork) work = qcrypto_key_work_new();
    g_autoptr(QDict) own = options;
    OpenCo o = {qemu_coroutine_self(), filename, own, flags, work};

    for (;;) {
        aio_bh_schedule_oneshot(iohandler_get_aio_context(), attempt_bh, &o);
        qemu_coroutine_yield();
        if (o.bs || !qcrypto_key_work_pending(work)) {
            break;
        }
        g_clear_pointer(&o.err, error_free);
        thread_pool_submit_co(try_passphrases, work);
    }
    error_propagate(errp, o.err);
    return o.bs;
}
