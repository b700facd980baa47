/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in memory, for tests: see tape.h. Requests complete at once, in the thread of the test. */
#include "qemu/osdep.h"
#include "tape.h"
#include "qobject/qdict.h"

#define MAX_LENGTH (256 * MiB)

typedef struct TapeFile {
    uint8_t *data;
    int64_t len, room;
    uint8_t *start; /* at tape_record() */
    int64_t start_len;
} TapeFile;

static TapeFile files[TAPE_SLOTS];
static GArray *notes; /* TapeNote */
static bool recording;

/* ---- undoing ---- */

typedef struct Undo {
    int slot;
    int64_t len; /* of the file before */
    int64_t offset, bytes;
    uint8_t *old;
} Undo;

static GArray *undos; /* NULL: nothing is undone */

static void remember(int slot, int64_t offset, int64_t bytes)
{
    TapeFile *f = &files[slot];
    Undo u = {slot, f->len, offset, MAX(MIN(bytes, f->len - offset), 0)};

    if (undos) {
        u.old = u.bytes ? g_memdup2(f->data + offset, u.bytes) : NULL;
        g_array_append_val(undos, u);
    }
}

void tape_begin(void)
{
    /* One level is enough for all that is tested. */
    g_assert(!undos);
    undos = g_array_new(false, false, sizeof(Undo));
}

void tape_undo(void)
{
    for (guint i = undos->len; i-- > 0;) {
        Undo *u = &g_array_index(undos, Undo, i);
        TapeFile *f = &files[u->slot];

        if (u->bytes) {
            memcpy(f->data + u->offset, u->old, u->bytes);
            g_free(u->old);
        }
        if (f->len > u->len) {
            memset(f->data + u->len, 0, f->len - u->len);
        }
        f->len = u->len;
    }
    g_array_free(undos, true);
    undos = NULL;
}

/* ---- changing files; past its length, a file's memory is zero ---- */

static void set_length(int slot, int64_t len)
{
    TapeFile *f = &files[slot];

    g_assert_cmpint(len, <=, MAX_LENGTH);
    if (len > f->room) {
        int64_t room = MAX(len, f->room * 2);

        f->data = g_realloc(f->data, room);
        memset(f->data + f->room, 0, room - f->room);
        f->room = room;
    }
    if (len < f->len) {
        memset(f->data + len, 0, f->len - len);
    }
    f->len = len;
}

static void put(int slot, int64_t offset, const uint8_t *data, int64_t bytes)
{
    if (!bytes) {
        return;
    }
    remember(slot, offset, bytes);
    if (offset + bytes > files[slot].len) {
        set_length(slot, offset + bytes);
    }
    memcpy(files[slot].data + offset, data, bytes);
}

static void truncate_file(int slot, int64_t len)
{
    remember(slot, len, MAX(files[slot].len - len, 0));
    set_length(slot, len);
}

void tape_play(const TapeNote *n)
{
    if (n->kind == TAPE_WRITE) {
        put(n->slot, n->offset, n->data, n->bytes);
    } else if (n->kind == TAPE_TRUNCATE) {
        truncate_file(n->slot, n->offset);
    }
}

/* ---- a part of the notes ---- */

/* For tables of sectors to which a write is missing. */
static gpointer sector_key(int slot, int64_t sector)
{
    return GSIZE_TO_POINTER((sector << 2) + slot + 1);
}

static void play_sectors(GHashTable *lost, const TapeNote *n, int64_t first, int64_t count)
{
    int64_t pos = n->offset, end = n->offset + n->bytes;

    QEMU_BUILD_BUG_ON(TAPE_SLOTS > 3);
    for (int64_t i = 0; pos < end; i++) {
        int64_t next = MIN(end, ROUND_DOWN(pos, TAPE_SECTOR) + TAPE_SECTOR);
        gpointer key = sector_key(n->slot, pos / TAPE_SECTOR);

        if (i < first || i >= first + count) {
            g_hash_table_add(lost, key);
        } else if (!g_hash_table_contains(lost, key)) {
            put(n->slot, pos, n->data + (pos - n->offset), next - pos);
        }
        pos = next;
    }
}

void tape_play_some(const TapeNote *list, guint n, const bool *in, int torn, int64_t first,
                    int64_t count)
{
    g_autoptr(GHashTable) lost = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < n; i++) {
        const TapeNote *note = &list[i];

        if (note->kind == TAPE_TRUNCATE && in[i]) {
            tape_play(note);
        } else if (note->kind == TAPE_WRITE && !in[i]) {
            play_sectors(lost, note, 0, 0);
        } else if (note->kind == TAPE_WRITE && torn == (int)i) {
            play_sectors(lost, note, first, count);
        } else if (note->kind == TAPE_WRITE && !g_hash_table_size(lost)) {
            tape_play(note);
        } else if (note->kind == TAPE_WRITE) {
            play_sectors(lost, note, 0, INT64_MAX);
        }
    }
}

/* ---- noting ---- */

static void forget_notes(void)
{
    for (guint i = 0; notes && i < notes->len; i++) {
        g_free(g_array_index(notes, TapeNote, i).data);
    }
    if (notes) {
        g_array_set_size(notes, 0);
    } else {
        notes = g_array_new(false, false, sizeof(TapeNote));
    }
}

void tape_reset(void)
{
    forget_notes();
    recording = false;
    for (int i = 0; i < TAPE_SLOTS; i++) {
        set_length(i, 0);
    }
    tape_fail(0, 0, 0, false);
    tape_limit(INT64_MAX);
}

void tape_record(void)
{
    forget_notes();
    for (int i = 0; i < TAPE_SLOTS; i++) {
        g_free(files[i].start);
        files[i].start = g_memdup2(files[i].data, files[i].len);
        files[i].start_len = files[i].len;
    }
    recording = true;
}

void tape_mark(int value)
{
    TapeNote n = {TAPE_MARK, value};

    g_array_append_val(notes, n);
}

const TapeNote *tape_stop(guint *n)
{
    recording = false;
    *n = notes->len;
    return &g_array_index(notes, TapeNote, 0);
}

void tape_rewind(void)
{
    for (int i = 0; i < TAPE_SLOTS; i++) {
        truncate_file(i, 0);
        put(i, 0, files[i].start, files[i].start_len);
    }
}

/* ---- failing ---- */

static struct {
    unsigned kinds;
    int64_t nth, count;
    int error;
    bool on, failed;
    int64_t limit;
} fail = {.limit = INT64_MAX};

void tape_fail(unsigned kinds, int64_t nth, int error, bool on)
{
    fail.kinds = kinds;
    fail.nth = nth;
    fail.error = error;
    fail.on = on;
    fail.count = 0;
    fail.failed = false;
}

int64_t tape_fail_count(bool *failed)
{
    *failed = fail.failed;
    return fail.count;
}

void tape_limit(int64_t bytes)
{
    fail.limit = bytes;
}

int64_t tape_length(int slot)
{
    return files[slot].len;
}

const uint8_t *tape_data(int slot)
{
    return files[slot].data;
}

/* 0, or how the request ends. */
static int fate(TapeKind kind, int64_t end, int64_t len)
{
    int64_t i;

    if (end > len && end > fail.limit) {
        fail.failed = true;
        return -ENOSPC;
    }
    if (!(fail.kinds & (1u << kind))) {
        return 0;
    }
    i = fail.count++;
    if (fail.error && (i == fail.nth || (fail.on && i > fail.nth))) {
        fail.failed = true;
        return -fail.error;
    }
    return 0;
}

/* ---- the driver ---- */

typedef struct TapeState {
    uint64_t slot, align;
} TapeState;

static const BdrvOpt tape_opts[] = {
    {"slot", BDRV_OPT_NUM, offsetof(TapeState, slot)},
    /* 512: as with O_DIRECT. */
    {"align", BDRV_OPT_NUM, offsetof(TapeState, align)},
    {NULL},
};

static void tape_parse_filename(const char *filename, QDict *options, Error **errp)
{
    qdict_put_str(options, "slot", filename + strlen("tape:"));
}

static bool tape_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    TapeState *s = bs->opaque;

    qdict_del(options, "filename");
    s->align = 1;
    return bdrv_parse_options(s, tape_opts, options, errp) && s->slot < TAPE_SLOTS;
}

static bool tape_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    TapeState s;

    return bdrv_parse_options(&s, tape_opts, state->options, errp);
}

static bool tape_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    truncate_file(filename[strlen("tape:")] - '0', 0);
    return true;
}

static void tape_refresh_limits(BlockDriverState *bs, Error **errp)
{
    TapeState *s = bs->opaque;

    bs->bl.request_alignment = s->align;
}

static int64_t coroutine_fn tape_getlength(BlockDriverState *bs)
{
    TapeState *s = bs->opaque;

    return files[s->slot].len;
}

static int coroutine_fn tape_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    TapeState *s = bs->opaque;
    TapeFile *f = &files[s->slot];
    int64_t have = MAX(MIN(bytes, f->len - offset), 0);
    int ret = fate(TAPE_READ, 0, 0);

    if (ret < 0) {
        return ret;
    }
    if (have) {
        qemu_iovec_from_buf(qiov, qiov_offset, f->data + offset, have);
    }
    qemu_iovec_memset(qiov, qiov_offset + have, 0, bytes - have);
    return 0;
}

static int write_file(TapeState *s, int64_t offset, uint8_t *data, int64_t bytes)
{
    TapeNote n = {TAPE_WRITE, s->slot, offset, bytes, data};

    put(s->slot, offset, data, bytes);
    if (recording) {
        g_array_append_val(notes, n);
    } else {
        g_free(data);
    }
    return 0;
}

static int coroutine_fn tape_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    TapeState *s = bs->opaque;
    int ret = fate(TAPE_WRITE, offset + bytes, files[s->slot].len);
    uint8_t *data;

    if (ret < 0) {
        return ret;
    }
    data = g_malloc(bytes);
    qemu_iovec_to_buf(qiov, qiov_offset, data, bytes);
    return write_file(s, offset, data, bytes);
}

/* What is discarded may be anything: nobody is to look at it. */
static int coroutine_fn tape_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    TapeState *s = bs->opaque;
    int64_t have = MAX(MIN(bytes, files[s->slot].len - offset), 0);
    int ret = fate(TAPE_WRITE, 0, 0);
    uint8_t *data;

    if (ret < 0 || !have) {
        return ret;
    }
    data = g_malloc(have);
    memset(data, 0xdd, have);
    return write_file(s, offset, data, have);
}

static int coroutine_fn tape_truncate(BlockDriverState *bs, int64_t offset, bool exact,
                                      PreallocMode prealloc, unsigned flags, Error **errp)
{
    TapeState *s = bs->opaque;
    TapeNote n = {TAPE_TRUNCATE, s->slot, offset};
    int ret = fate(TAPE_TRUNCATE, offset, files[s->slot].len);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not resize the file");
        return ret;
    }
    truncate_file(s->slot, offset);
    if (recording) {
        g_array_append_val(notes, n);
    }
    return 0;
}

static int coroutine_fn tape_flush(BlockDriverState *bs)
{
    TapeState *s = bs->opaque;
    TapeNote n = {TAPE_FLUSH, s->slot};
    int ret = fate(TAPE_FLUSH, 0, 0);

    if (ret >= 0 && recording) {
        g_array_append_val(notes, n);
    }
    return ret;
}

static BlockDriver bdrv_tape = {
    .format_name = "tape",
    .protocol_name = "tape",
    .instance_size = sizeof(TapeState),
    .bdrv_parse_filename = tape_parse_filename,
    .bdrv_open = tape_open,
    .bdrv_reopen_prepare = tape_reopen_prepare,
    .bdrv_create = tape_create,
    .bdrv_refresh_limits = tape_refresh_limits,
    .bdrv_co_getlength = tape_getlength,
    .bdrv_co_preadv_part = tape_preadv,
    .bdrv_co_pwritev_part = tape_pwritev,
    .bdrv_co_pdiscard = tape_pdiscard,
    .bdrv_co_truncate = tape_truncate,
    .bdrv_co_flush_to_disk = tape_flush,
};

void tape_register(void)
{
    bdrv_register(&bdrv_tape);
    forget_notes();
}
