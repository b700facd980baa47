/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiplexer: several front ends on one back end. An escape key, Ctrl-A by
 * default, followed by a letter acts on the multiplexer itself.
 */

#include "qemu/osdep.h"
#include "chardev/char-mux.h"

#define MAX_MUX         4
#define MUX_BUFFER_SIZE 32 /* a power of two */
#define MUX_BUFFER_MASK (MUX_BUFFER_SIZE - 1)

int term_escape_char = 0x01;

OBJECT_DECLARE_SIMPLE_TYPE(MuxChardev, CHARDEV_MUX)

struct MuxChardev {
    Chardev parent;

    CharBackend *backends[MAX_MUX];
    unsigned long mux_bitset; /* tags in use */
    CharBackend chr;          /* the real one */
    bool owned;               /* which was made for this, by mux=on */
    int focus;                /* tag, -1: nobody */
    bool term_got_escape;
    /* Input that a front end had no room for. */
    unsigned char buffer[MAX_MUX][MUX_BUFFER_SIZE];
    unsigned prod[MAX_MUX], cons[MAX_MUX];
    bool timestamps;
    bool at_line_start;
    int64_t timestamps_start;
};

/* ---- output ---- */

static int write_stamped(MuxChardev *d, const uint8_t *buf, int len)
{
    for (int i = 0; i < len; i++) {
        if (d->at_line_start) {
            int64_t ms = (g_get_monotonic_time() - d->timestamps_start) / 1000;
            qemu_chr_fe_printf(&d->chr, "[%02d:%02d:%02d.%03d] ", (int)(ms / 3600000),
                               (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
        }
        qemu_chr_fe_write_all(&d->chr, buf + i, 1);
        d->at_line_start = buf[i] == '\n';
    }
    return len;
}

static int mux_write(Chardev *chr, const uint8_t *buf, int len)
{
    MuxChardev *d = CHARDEV_MUX(chr);

    return d->timestamps ? write_stamped(d, buf, len) : qemu_chr_fe_write(&d->chr, buf, len);
}

static GSource *mux_add_watch(Chardev *s, GIOCondition cond)
{
    Chardev *chr = qemu_chr_fe_get_driver(&CHARDEV_MUX(s)->chr);

    return chr && CHARDEV_GET_CLASS(chr)->chr_add_watch
               ? CHARDEV_GET_CLASS(chr)->chr_add_watch(chr, cond)
               : NULL;
}

/* ---- escape keys ---- */

static void print_help(MuxChardev *d)
{
    g_autofree char *key = term_escape_char > 0 && term_escape_char < 26
                               ? g_strdup_printf("C-%c", term_escape_char - 1 + 'a')
                               : g_strdup_printf("Escape-Char 0x%02x", term_escape_char);

    qemu_chr_fe_printf(&d->chr,
                       "\r\n%s h    print this help\r\n"
                       "%s x    exit emulator\r\n"
                       "%s t    toggle console timestamps\r\n"
                       "%s b    send break (magic sysrq)\r\n"
                       "%s c    switch between console and monitor\r\n"
                       "%s %s  sends %s\r\n",
                       key, key, key, key, key, key, key, key);
}

static void event_to(MuxChardev *d, int tag, QEMUChrEvent event)
{
    CharBackend *be = d->backends[tag];

    if (be && be->chr_event) {
        be->chr_event(be->opaque, event);
    }
}

static void next_focus(MuxChardev *d)
{
    unsigned next = find_next_bit(&d->mux_bitset, MAX_MUX, d->focus + 1);

    if (next >= MAX_MUX) {
        next = find_next_bit(&d->mux_bitset, MAX_MUX, 0);
    }
    mux_set_focus(CHARDEV(d), next);
}

/* A key for a front end: true. Otherwise it was for the multiplexer. */
static bool is_input(MuxChardev *d, int ch)
{
    if (!d->term_got_escape) {
        d->term_got_escape = ch == term_escape_char;
        return !d->term_got_escape;
    }
    d->term_got_escape = false;
    if (ch == term_escape_char) {
        return true;
    }
    switch (ch) {
    case '?':
    case 'h':
        print_help(d);
        break;
    case 'x':
        qemu_chr_fe_printf(&d->chr, "QEMU: Terminated\r\n");
        kill(getpid(), SIGTERM); /* the same clean end as from outside */
        break;
    case 'b':
        if (d->focus >= 0) {
            event_to(d, d->focus, CHR_EVENT_BREAK);
        }
        break;
    case 'c':
        next_focus(d);
        break;
    case 't':
        d->timestamps = !d->timestamps;
        d->timestamps_start = g_get_monotonic_time();
        d->at_line_start = false;
        break;
    }
    return false;
}

/* ---- input ---- */

static void mux_accept_input(Chardev *chr)
{
    MuxChardev *d = CHARDEV_MUX(chr);
    int m = d->focus;
    CharBackend *be = m >= 0 ? d->backends[m] : NULL;

    while (be && d->prod[m] != d->cons[m] && be->chr_can_read && be->chr_can_read(be->opaque)) {
        be->chr_read(be->opaque, &d->buffer[m][d->cons[m]++ & MUX_BUFFER_MASK], 1);
    }
}

static int mux_can_read(void *opaque)
{
    MuxChardev *d = opaque;
    int m = d->focus;
    CharBackend *be = m >= 0 ? d->backends[m] : NULL;

    /* One key at a time while buffering, so that an escape is always seen. */
    if (m < 0 || d->prod[m] - d->cons[m] < MUX_BUFFER_SIZE) {
        return 1;
    }
    return be && be->chr_can_read ? be->chr_can_read(be->opaque) : 0;
}

static void mux_read(void *opaque, const uint8_t *buf, int size)
{
    MuxChardev *d = opaque;

    mux_accept_input(CHARDEV(d));
    for (int i = 0; i < size; i++) {
        int m;
        CharBackend *be;

        if (!is_input(d, buf[i]) || d->focus < 0) {
            continue;
        }
        m = d->focus;
        be = d->backends[m];
        if (d->prod[m] == d->cons[m] && be && be->chr_can_read && be->chr_can_read(be->opaque)) {
            be->chr_read(be->opaque, &buf[i], 1);
        } else if (d->prod[m] - d->cons[m] < MUX_BUFFER_SIZE) {
            d->buffer[m][d->prod[m]++ & MUX_BUFFER_MASK] = buf[i];
        }
    }
}

void mux_chr_send_all_event(Chardev *chr, QEMUChrEvent event)
{
    MuxChardev *d = CHARDEV_MUX(chr);
    unsigned long tag = find_next_bit(&d->mux_bitset, MAX_MUX, 0);

    for (; tag < MAX_MUX; tag = find_next_bit(&d->mux_bitset, MAX_MUX, tag + 1)) {
        event_to(d, tag, event);
    }
}

/* From the back end. */
static void mux_event(void *opaque, QEMUChrEvent event)
{
    MuxChardev *d = opaque;

    qemu_chr_be_event(CHARDEV(d), event);
}

static void mux_be_event(Chardev *chr, QEMUChrEvent event)
{
    mux_chr_send_all_event(chr, event);
}

/* ---- front ends ---- */

bool mux_chr_attach_frontend(Chardev *chr, CharBackend *b, unsigned *tag, Error **errp)
{
    MuxChardev *d = CHARDEV_MUX(chr);
    unsigned bit = find_next_zero_bit(&d->mux_bitset, MAX_MUX, 0);

    if (bit >= MAX_MUX) {
        error_setg(errp, "chardev '%s' has %d users already, which is the most it can have",
                   chr->label, MAX_MUX);
        return false;
    }
    d->mux_bitset |= 1ul << bit;
    d->backends[bit] = b;
    *tag = bit;
    return true;
}

void mux_chr_detach_frontend(Chardev *chr, unsigned tag)
{
    MuxChardev *d = CHARDEV_MUX(chr);

    d->mux_bitset &= ~(1ul << tag);
    d->backends[tag] = NULL;
    if (d->focus == (int)tag) {
        d->focus = -1;
        chr->be = NULL;
    }
}

bool mux_chr_has_frontends(Chardev *chr)
{
    return CHARDEV_MUX(chr)->mux_bitset != 0;
}

bool mux_has_focus(Chardev *chr)
{
    return CHARDEV_MUX(chr)->focus >= 0;
}

void mux_set_focus(Chardev *chr, unsigned focus)
{
    MuxChardev *d = CHARDEV_MUX(chr);

    if (focus >= MAX_MUX || !(d->mux_bitset & (1ul << focus))) {
        return;
    }
    if (d->focus >= 0) {
        event_to(d, d->focus, CHR_EVENT_MUX_OUT);
    }
    d->focus = focus;
    chr->be = d->backends[focus];
    event_to(d, focus, CHR_EVENT_MUX_IN);
}

static void mux_update_read_handlers(Chardev *chr)
{
    MuxChardev *d = CHARDEV_MUX(chr);

    qemu_chr_fe_set_handlers(&d->chr, mux_can_read, mux_read, mux_event, NULL, d, chr->gcontext,
                             true);
}

/* ---- the object ---- */

static bool mux_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    MuxChardev *d = CHARDEV_MUX(chr);
    const char *name = qdict_get_str(opts, "chardev");
    Chardev *drv = qemu_chr_find(name);

    if (!drv) {
        error_setg(errp, "mux: there is no chardev '%s'", name);
        return false;
    }
    if (CHARDEV_IS_MUX(drv)) {
        error_setg(errp, "mux: chardev '%s' is a multiplexer itself", name);
        return false;
    }
    d->owned = qdict_get_try_bool(opts, "owned", false);
    /* Opened when the real one is, which it may be already. */
    *be_opened = drv->be_open;
    return qemu_chr_fe_init(&d->chr, drv, errp);
}

/* Its front ends belong to the main loop, which it cannot leave for one of them. */
static void mux_init(Object *obj)
{
    clear_bit(QEMU_CHAR_FEATURE_GCONTEXT, CHARDEV(obj)->features);
    CHARDEV_MUX(obj)->focus = -1;
}

static void mux_finalize(Object *obj)
{
    MuxChardev *d = CHARDEV_MUX(obj);

    for (int i = 0; i < MAX_MUX; i++) {
        if (d->backends[i]) {
            d->backends[i]->chr = NULL;
        }
    }
    CHARDEV(obj)->be = NULL;
    qemu_chr_fe_deinit(&d->chr, d->owned);
}

static const CharOption mux_options[] = {
    {"chardev", CHAR_OPT_STR, true},
    {NULL},
};

static void mux_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = mux_options;
    cc->chr_open = mux_open;
    cc->chr_write = mux_write;
    cc->chr_accept_input = mux_accept_input;
    cc->chr_add_watch = mux_add_watch;
    cc->chr_be_event = mux_be_event;
    cc->chr_update_read_handler = mux_update_read_handlers;
}

static const TypeInfo mux_types[] = {
    {
        .name = TYPE_CHARDEV_MUX,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(MuxChardev),
        .instance_init = mux_init,
        .instance_finalize = mux_finalize,
        .class_init = mux_class_init,
    },
};

DEFINE_TYPES(mux_types)
