/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of vCPU threads and of what goes on in them share. */
#ifndef VCPU_TEST_H
#define VCPU_TEST_H

#include "system/cpus.h"
#include "memory-test.h"

/* memory_test_init(), and a main loop and the state that vCPU threads wait by; BQL held after. */
static inline void vcpu_test_init(int *argc, char ***argv)
{
    memory_test_init(argc, argv);
    bql_unlock();
    qemu_init_main_loop(&error_abort);
    if (!bql_locked()) {
        bql_lock();
    }
    qemu_init_cpu_loop();
}

#endif
