/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a command is: a line that is overwritten, with -p or on a terminal; lines of JSON, for
 * other programs; and a line to standard error for each SIGUSR1.
 */
#include "qemu/osdep.h"
#include "img.h"

/* A line for each percent: more of them would make logs long, and nobody wiser. */
#define STEP_HUNDREDTHS 100

static ImgProgress form;
static volatile sig_atomic_t asked;
static int last_hundredths = -1;
static int64_t last_total;

static void on_sigusr1(int signum)
{
    asked = 1;
}

void img_progress_listen(void)
{
    struct sigaction act = {.sa_handler = on_sigusr1, .sa_flags = SA_RESTART};

    sigaction(SIGUSR1, &act, NULL);
}

void img_progress_init(const ImgOpen *how)
{
    form = how->progress ? how->progress : isatty(STDOUT_FILENO) ? IMG_PROGRESS_LINE : 0;
    form = how->quiet ? IMG_PROGRESS_NONE : form;
}

void img_progress(int64_t done, int64_t total)
{
    int hundredths = total ? (int)((double)done * 10000 / total) : 10000;

    last_total = total;
    if (asked) {
        asked = 0;
        fprintf(stderr, "    (%3.2f/100%%)\n", hundredths / 100.0);
    }
    if (!form || hundredths == last_hundredths ||
        (hundredths > last_hundredths && hundredths < last_hundredths + STEP_HUNDREDTHS &&
         hundredths < 10000)) {
        return;
    }
    last_hundredths = hundredths;
    if (form == IMG_PROGRESS_LINE) {
        printf("    (%3.2f/100%%)\r", hundredths / 100.0);
    } else {
        printf("{\"percent\": %.2f, \"done\": %" PRId64 ", \"total\": %" PRId64 "}\n",
               hundredths / 100.0, done, total);
    }
    fflush(stdout);
}

void img_progress_end(bool finished)
{
    if (finished) {
        img_progress(last_total, last_total);
    }
    if (form == IMG_PROGRESS_LINE) {
        printf("\n");
    }
    form = IMG_PROGRESS_NONE;
}
