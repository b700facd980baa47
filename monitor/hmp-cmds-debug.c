/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP commands for debugging the guest: gdbserver. */

#include "qemu/osdep.h"
#include "commands.h"
#include "gdbstub/gdbstub.h"

static void cmd_gdbserver(Monitor *mon, const QDict *args)
{
    const char *device = qdict_get_try_str(args, "device");
    Error *err = NULL;

    device = device ? device : GDBSTUB_DEFAULT_DEVICE;
    if (!gdbserver_start(device, &err)) {
        monitor_printf(mon, "Could not open gdbserver on device '%s'\n", device);
        hmp_handle_error(mon, err);
    } else if (!strcmp(device, "none")) {
        monitor_puts(mon, "Disabled gdbserver\n");
    } else {
        monitor_printf(mon, "Waiting for gdb connection on device '%s'\n", device);
    }
}

static const HMPCommand commands[] = {
    {"gdbserver", "device:s?", "[device]",
     "waits for gdb on a character device (default tcp::1234); none: no longer", cmd_gdbserver},
};

void hmp_register_debug(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
}
