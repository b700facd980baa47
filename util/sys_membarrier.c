/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full barrier in all threads at the cost of one: membarrier(2), private expedited. */

#include "qemu/osdep.h"
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include "qemu/sys_membarrier.h"

bool smp_mb_global_is_asymmetric;

static int membarrier(int cmd)
{
    return syscall(SYS_membarrier, cmd, 0, 0);
}

void smp_mb_global(void)
{
    if (smp_mb_global_is_asymmetric) {
        membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    } else {
        smp_mb();
    }
}

void smp_mb_global_init(void)
{
    int commands = membarrier(MEMBARRIER_CMD_QUERY);

    smp_mb_global_is_asymmetric = commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) &&
                                  membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}
