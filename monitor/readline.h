/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line editor for terminals: emacs keys, history, completion. */
#ifndef MONITOR_READLINE_H
#define MONITOR_READLINE_H

#include "qemu/osdep.h"

typedef struct ReadLine ReadLine;

typedef struct ReadLineOps {
    void (*print)(void *opaque, const char *text);
    /* Enter was pressed. */
    void (*line)(void *opaque, const char *line);
    /* Calls @add for each word that can end @line, which is cut at the cursor. */
    void (*complete)(void *opaque, const char *line,
                     void (*add)(void *add_opaque, const char *word), void *add_opaque);
} ReadLineOps;

/* @ops must stay alive. */
ReadLine *readline_new(const char *prompt, const ReadLineOps *ops, void *opaque);
void readline_free(ReadLine *rs);
/* A byte that the terminal sent. */
void readline_key(ReadLine *rs, int ch);
/* Prints the prompt and what was typed so far. */
void readline_show_prompt(ReadLine *rs);
/* Forgets what was typed, and half an escape sequence. */
void readline_restart(ReadLine *rs);
/* Line @i of the history, oldest first; NULL behind the last. */
const char *readline_history(ReadLine *rs, unsigned i);

#endif
