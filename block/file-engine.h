/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asynchronous engines of the host for reads and writes: io_uring and Linux AIO, one per thread. */
#ifndef BLOCK_FILE_ENGINE_H
#define BLOCK_FILE_ENGINE_H

#include "file-posix.h"

/* Can this host do it? */
bool file_engine_supported(int aio, Error **errp);
/* 0 or -errno; -ENOSYS: use a worker thread. */
int coroutine_fn file_engine_rw(RawPosix *s, bool write, int64_t offset, int64_t bytes,
                                struct iovec *iov, int niov);

#endif
