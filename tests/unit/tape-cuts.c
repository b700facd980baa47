/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk may have when the power goes: see tape.h. */
#include "qemu/osdep.h"
#include "tape.h"

/* So many writes that are not flushed are tried in all combinations; of more, so many are. */
#define ALL_SUBSETS_OF 4
#define SOME_SUBSETS   12

typedef struct Cuts {
    GRand *rand;
    TapeCutFunc *try_cut;
    void *opaque;
    int lo, hi;
} Cuts;

static void try_one(Cuts *q, const TapeNote *pending, guint n, const TapeCut *c)
{
    q->try_cut(q->opaque, pending, n, c, q->lo, q->hi);
}

/* ---- all points at one write, the last of @pending ---- */

static void cut_torn(Cuts *q, const TapeNote *pending, guint n, TapeCut *c)
{
    const TapeNote *last = &pending[n - 1];
    int64_t sectors =
        DIV_ROUND_UP(last->offset + last->bytes, TAPE_SECTOR) - last->offset / TAPE_SECTOR;
    int64_t parts[][2] = {{0, sectors / 2}, {sectors / 2, sectors}, {0, 1}, {1, sectors}};

    if (last->kind != TAPE_WRITE || sectors < 2) {
        return;
    }
    c->torn = n - 1;
    for (int i = 0; i < (sectors > 2 ? 4 : 2); i++) {
        c->first = parts[i][0];
        c->count = parts[i][1];
        try_one(q, pending, n, c);
    }
    c->torn = -1;
}

static void cut_subsets(Cuts *q, const TapeNote *pending, guint n, TapeCut *c)
{
    guint others = n - 1;

    for (uint32_t mask = 0; others < ALL_SUBSETS_OF && mask < (1u << others); mask++) {
        for (guint i = 0; i < others; i++) {
            c->in[i] = mask & (1u << i);
        }
        try_one(q, pending, n, c);
    }
    if (others < ALL_SUBSETS_OF) {
        return;
    }
    /* The last one alone, all but one, and some by chance, torn in any place. */
    memset(c->in, 0, others);
    try_one(q, pending, n, c);
    for (guint i = others > SOME_SUBSETS ? others - SOME_SUBSETS : 0; i <= others; i++) {
        memset(c->in, true, others);
        c->in[i] = i == others;
        try_one(q, pending, n, c);
    }
    for (int k = 0; k < SOME_SUBSETS; k++) {
        for (guint i = 0; i < others; i++) {
            c->in[i] = g_rand_boolean(q->rand);
        }
        c->torn = g_rand_int_range(q->rand, 0, n);
        c->first = g_rand_int_range(q->rand, 0, 2);
        c->count = g_rand_int_range(q->rand, 1, 9);
        try_one(q, pending, n, c);
        c->torn = -1;
    }
}

static void cut_here(Cuts *q, const TapeNote *pending, guint n)
{
    g_autofree bool *in = g_new(bool, n);
    TapeCut c = {.in = in, .torn = -1};

    if (!n) {
        try_one(q, pending, n, &c);
        return;
    }
    memset(in, true, n);
    cut_torn(q, pending, n, &c);
    cut_subsets(q, pending, n, &c);
}

/* ---- all writes ---- */

/* What is in the file for good now: @pending loses it. */
static void settle(GArray *pending, int slot)
{
    for (guint i = 0; i < pending->len;) {
        TapeNote *n = &g_array_index(pending, TapeNote, i);

        if (n->slot == slot) {
            tape_play(n);
            g_array_remove_index(pending, i);
        } else {
            i++;
        }
    }
}

void tape_cut_everywhere(GRand *rand, TapeCutFunc *try_cut, void *opaque)
{
    g_autoptr(GArray) pending = g_array_new(false, false, sizeof(TapeNote));
    Cuts q = {rand, try_cut, opaque};
    guint n;
    const TapeNote *notes = tape_stop(&n);

    tape_rewind();
    for (guint i = 0; i < n; i++) {
        switch (notes[i].kind) {
        case TAPE_MARK:
            q.lo = notes[i].slot < 0 ? -notes[i].slot : q.lo;
            q.hi = MAX(q.hi, notes[i].slot);
            break;
        case TAPE_FLUSH:
            settle(pending, notes[i].slot);
            break;
        default:
            g_array_append_val(pending, notes[i]);
            cut_here(&q, &g_array_index(pending, TapeNote, 0), pending->len);
            break;
        }
    }
    q.lo = q.hi;
    cut_here(&q, NULL, 0);
}

char *tape_look_at_cut(const TapeNote *pending, guint n, const TapeCut *c, TapeLookFunc *look,
                       void *opaque, int lo, int hi)
{
    char *bad;

    tape_silence(true);
    tape_begin();
    tape_play_some(pending, n, c->in, c->torn, c->first, c->count);
    bad = look(opaque, lo, hi);
    tape_undo();
    tape_silence(false);
    return bad;
}

void tape_describe_cut(GString *s, const TapeNote *pending, guint n, const TapeCut *c)
{
    for (guint i = 0; i < n; i++) {
        g_string_append_printf(
            s, "#  %s %s %d:0x%" PRIx64 "+0x%" PRIx64 "%s\n", c->in[i] ? "there  " : "missing",
            pending[i].kind == TAPE_TRUNCATE ? "length" : "write", pending[i].slot,
            pending[i].offset, pending[i].bytes, c->torn == (int)i ? " (torn)" : "");
    }
}

void tape_silence(bool on)
{
    static int err_fd = -1;
    int fd = on ? open("/dev/null", O_WRONLY | O_CLOEXEC) : err_fd;

    fflush(stderr);
    err_fd = on ? dup(STDERR_FILENO) : -1;
    dup2(fd, STDERR_FILENO);
    close(fd);
}
