/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files for tests of image formats: the protocol "tape" (option "slot") keeps them in memory, notes
 * each write and flush, and can let a request fail. What is noted can be played back in part, as a
 * host does that stops between two flushes.
 */
#ifndef TESTS_TAPE_H
#define TESTS_TAPE_H

#include "block/block_int.h"

#define TAPE_SLOTS  3
#define TAPE_SECTOR 512

typedef enum TapeKind {
    TAPE_READ, /* not noted, but may fail */
    TAPE_WRITE,
    TAPE_TRUNCATE, /* to @offset bytes */
    TAPE_FLUSH,
    TAPE_MARK, /* by tape_mark() */
} TapeKind;

typedef struct TapeNote {
    TapeKind kind;
    int slot; /* TAPE_MARK: its value */
    int64_t offset, bytes;
    uint8_t *data;
} TapeNote;

void tape_register(void);
/* Start with empty files. */
void tape_reset(void);

/* ---- noting ---- */

/* From here on requests are noted; the files as they are now are where playing back starts. */
void tape_record(void);
void tape_mark(int value);
/* No more noting; the notes are there until the next tape_record(). */
const TapeNote *tape_stop(guint *n);

/* ---- playing back ---- */

/* The files become what they were at tape_record(). */
void tape_rewind(void);
/* Carry out a note for good. */
void tape_play(const TapeNote *note);

/* Everything that happens to the files after tape_begin() is undone by tape_undo(). */
void tape_begin(void);
void tape_undo(void);

/*
 * Of the notes @notes[0]..@notes[n-1], carry out those with @in[i]; of the one at @torn (-1: none)
 * only sectors from @first on, @count of them. A sector has all of what was written to it up to
 * some instant: after a write that is not there, no later one to the same sector is.
 */
void tape_play_some(const TapeNote *notes, guint n, const bool *in, int torn, int64_t first,
                    int64_t count);

/*
 * At each write that was noted, states that a disk may have when the power goes there: all that was
 * flushed, and of the rest (@pending) everything, the last write alone, all but one, some, each
 * whole or torn; and at last all there is (@n is 0). The files are as flushed when it is called.
 * @lo, @hi: the marks that are certain (negative ones, made after a flush) and possible.
 */
typedef struct TapeCut {
    bool *in; /* which of @pending are there */
    int torn; /* one of which only sectors @first..+@count are; -1: none */
    int64_t first, count;
} TapeCut;
typedef void TapeCutFunc(void *opaque, const TapeNote *pending, guint n, const TapeCut *c, int lo,
                         int hi);
void tape_cut_everywhere(GRand *rand, TapeCutFunc *try_cut, void *opaque);
/* What @look finds wrong in the files as @c left them, which are as before then; NULL: nothing. */
typedef char *TapeLookFunc(void *opaque, int lo, int hi);
char *tape_look_at_cut(const TapeNote *pending, guint n, const TapeCut *c, TapeLookFunc *look,
                       void *opaque, int lo, int hi);
/* A line for each of @pending. */
void tape_describe_cut(GString *s, const TapeNote *pending, guint n, const TapeCut *c);

/* Checks tell what they find on stderr, a line each: not while this is on. */
void tape_silence(bool on);

/* ---- failing ---- */

/*
 * Request number @nth (0: the next one) of the kinds in the mask @kinds (1 << TAPE_READ, ...) fails
 * with -@error; with @on all that follow it do, too.
 */
void tape_fail(unsigned kinds, int64_t nth, int error, bool on);
/* How many requests of @kinds came since then, and whether one failed. */
int64_t tape_fail_count(bool *failed);
/* Writes that make a file longer than this fail with ENOSPC; INT64_MAX: none. */
void tape_limit(int64_t bytes);
int64_t tape_length(int slot);
const uint8_t *tape_data(int slot);

#endif
