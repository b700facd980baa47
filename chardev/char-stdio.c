/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This terminal as a character device: raw mode while the emulator runs, restored at exit. */

#include "qemu/osdep.h"
#include <termios.h>
#include "chardev/char-io.h"
#include "chardev/char-stdio.h"

/* The terminal is one per process, and so is its saved state. */
static struct {
    struct termios saved;
    int saved_flags[2];
    Chardev *user; /* NULL: none */
    bool is_terminal, echo, allow_signals, at_exit;
    const char *forbidden_by; /* an option; NULL: it may be used */
} term;

void qemu_chr_stdio_forbid(const char *option)
{
    term.forbidden_by = option;
}

static void restore(void)
{
    if (!term.user) {
        return;
    }
    fcntl(STDIN_FILENO, F_SETFL, term.saved_flags[0]);
    fcntl(STDOUT_FILENO, F_SETFL, term.saved_flags[1]);
    if (term.is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    }
}

static void apply(void)
{
    struct termios tty = term.saved;

    if (!term.is_terminal) {
        return;
    }
    if (!term.echo) {
        tty.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        tty.c_oflag |= OPOST;
        tty.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
        tty.c_cflag &= ~(CSIZE | PARENB);
        tty.c_cflag |= CS8;
        tty.c_cc[VMIN] = 1;
        tty.c_cc[VTIME] = 0;
    }
    if (!term.allow_signals) {
        tty.c_lflag &= ~ISIG;
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &tty);
}

/* The shell took the terminal back meanwhile ("fg" after ^Z). */
static void on_continue(int signal)
{
    apply();
}

static void stdio_set_echo(Chardev *chr, bool echo)
{
    term.echo = echo;
    apply();
}

static bool stdio_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    ERRP_GUARD();
    struct sigaction act = {.sa_handler = on_continue, .sa_flags = SA_ONSTACK};

    if (term.forbidden_by) {
        error_setg(errp, "stdio cannot be used with %s", term.forbidden_by);
        return false;
    }
    if (term.user) {
        error_setg(errp, "stdio is used by another character device already");
        error_append_hint(errp, "One multiplexer can serve several: -serial mon:stdio.\n");
        return false;
    }
    term.is_terminal = tcgetattr(STDIN_FILENO, &term.saved) == 0;
    term.saved_flags[0] = fcntl(STDIN_FILENO, F_GETFL);
    term.saved_flags[1] = fcntl(STDOUT_FILENO, F_GETFL);
    if (term.saved_flags[0] < 0 || term.saved_flags[1] < 0) {
        error_setg(errp, "stdio is not open (is this process in the background?)");
        return false;
    }
    term.user = chr;
    term.allow_signals = qdict_get_try_bool(opts, "signal", true);
    if (!term.at_exit) {
        term.at_exit = true;
        atexit(restore);
    }
    sigaction(SIGCONT, &act, NULL);
    if (!qemu_chr_open_fd(chr, STDIN_FILENO, STDOUT_FILENO, errp)) {
        return false;
    }
    stdio_set_echo(chr, false);
    return true;
}

static void stdio_finalize(Object *obj)
{
    /* One that was refused leaves it to the one that has it. */
    if (term.user == CHARDEV(obj)) {
        restore();
        term.user = NULL;
    }
}

static const CharOption stdio_options[] = {
    {"signal", CHAR_OPT_BOOL},
    {NULL},
};

static void stdio_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = stdio_options;
    cc->chr_open = stdio_open;
    cc->chr_set_echo = stdio_set_echo;
}

static const TypeInfo stdio_types[] = {
    {
        .name = TYPE_CHARDEV_STDIO,
        .parent = TYPE_CHARDEV_FD,
        .instance_finalize = stdio_finalize,
        .class_init = stdio_class_init,
    },
};

DEFINE_TYPES(stdio_types)
