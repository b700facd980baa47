/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the two ways to commit. */
#ifndef BLOCK_COMMIT_INTERNAL_H
#define BLOCK_COMMIT_INTERNAL_H

#include "block/block_int.h"

/* A filter whose parents do not mind that the node below is written to: they see no change. */
extern BlockDriver bdrv_commit_top;

#endif
