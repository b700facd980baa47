/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a command is: a line that is overwritten with -p or on a terminal, one line per SIGUSR1.
 */
#include "qemu/osdep.h"
#include "img.h"

static bool show;
static volatile sig_atomic_t asked;
static int last_hundredths = -1;

static void on_sigusr1(int signum)
{
    asked = 1;
}

void img_progress_init(bool enabled, bool quiet)
{
    struct sigaction act = {.sa_handler = on_sigusr1, .sa_flags = SA_RESTART};

    sigaction(SIGUSR1, &act, NULL);
    show = !quiet && (enabled || isatty(STDOUT_FILENO));
}

void img_progress(int64_t done, int64_t total)
{
    int hundredths = total ? (int)((double)done * 10000 / total) : 10000;

    if (asked) {
        asked = 0;
        fprintf(stderr, "    (%3.2f/100%%)\n", hundredths / 100.0);
    }
    if (show && hundredths != last_hundredths) {
        last_hundredths = hundredths;
        printf("    (%3.2f/100%%)\r", hundredths / 100.0);
        fflush(stdout);
    }
}

void img_progress_end(void)
{
    if (show) {
        printf("\n");
    }
    show = false;
}
