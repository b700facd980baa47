/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The emulator's main(): start, run, clean up. */

#include "qemu/osdep.h"
#include "system/runstate.h"
#include "system/system.h"

int qemu_default_main(void)
{
    int status = qemu_main_loop();

    qemu_cleanup(status);
    return status;
}

int main(int argc, char **argv)
{
    qemu_init(argc, argv);
    return qemu_default_main();
}
