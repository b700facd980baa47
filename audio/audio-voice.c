/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Voices: what devices write to and read from. A playing voice converts to the settings of
 * its host stream at once and keeps frames until the stream mixes them; a recording voice
 * gets the stream's frames in its own rate.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "audio-internal.h"

/* Frames converted in one go. */
#define CHUNK 512

struct SWVoiceOut {
    AudioStream *stream;
    char *name;
    bool active;
    struct audsettings as;
    AudioResampler resampler; /* from the guest's rate, in the stream's channels */
    AudioRing ring;           /* at the stream's settings */
    Volume volume;
    audio_callback_fn callback;
    void *opaque;
    QLIST_ENTRY(SWVoiceOut) next;
};

struct SWVoiceIn {
    AudioStream *stream;
    char *name;
    bool active;
    struct audsettings as;
    AudioResampler resampler; /* to the guest's rate, in the stream's channels */
    AudioRing ring;           /* at the guest's rate, in the stream's channels */
    Volume volume;
    audio_callback_fn callback;
    void *opaque;
    QLIST_ENTRY(SWVoiceIn) next;
};

static const Volume full_volume = {.vol = {[0 ... AUDIO_MAX_CHANNELS - 1] = 1}};

static void apply_volume(const Volume *v, float *frames, unsigned channels, size_t n)
{
    for (size_t i = 0; i < n; i++, frames += channels) {
        for (unsigned c = 0; c < channels; c++) {
            frames[c] *= v->mute ? 0 : v->vol[c];
        }
    }
}

static bool check_settings(const struct audsettings *as, const char *name, Error **errp)
{
    if (as->freq < 1 || as->freq > 1000000 || as->nchannels < 1 ||
        as->nchannels > AUDIO_MAX_CHANNELS || as->fmt >= AUDIO_FORMAT__MAX) {
        error_setg(errp, "%s: a stream of %u channels at %u Hz is not possible", name,
                   as->nchannels, as->freq);
        return false;
    }
    return true;
}

/* ---- playback ---- */

SWVoiceOut *AUD_open_out(AudioBackend *be, const char *name, void *opaque, audio_callback_fn cb,
                         const struct audsettings *as, Error **errp)
{
    AudioStream *s = check_settings(as, name, errp) ? audio_stream_get(be, true, as, errp) : NULL;
    SWVoiceOut *sw;

    if (!s) {
        return NULL;
    }
    sw = g_new0(SWVoiceOut, 1);
    sw->stream = s;
    sw->name = g_strdup(name);
    sw->as = *as;
    sw->volume = full_volume;
    sw->callback = cb;
    sw->opaque = opaque;
    audio_resampler_init(&sw->resampler, as->freq, s->as.freq, s->as.nchannels);
    audio_ring_init(&sw->ring, s->as.nchannels, s->buffer_frames);
    QLIST_INSERT_HEAD(&s->sw_out, sw, next);
    return sw;
}

void AUD_close_out(SWVoiceOut *sw)
{
    if (!sw) {
        return;
    }
    AUD_set_active_out(sw, false);
    QLIST_REMOVE(sw, next);
    audio_stream_put(sw->stream);
    audio_ring_destroy(&sw->ring);
    g_free(sw->name);
    g_free(sw);
}

/* Frames that AUD_write() would take now. */
static size_t out_room(const SWVoiceOut *sw)
{
    return audio_resampler_can_take(&sw->resampler, sw->ring.size - sw->ring.used);
}

/* Up to CHUNK frames of the guest into the ring. */
static void write_chunk(SWVoiceOut *sw, const uint8_t *buf, size_t n)
{
    unsigned channels = sw->stream->as.nchannels;
    float guest[CHUNK * AUDIO_MAX_CHANNELS], mapped[CHUNK * AUDIO_MAX_CHANNELS];
    g_autofree float *out =
        g_new(float, ((uint64_t)n * sw->resampler.out_freq / sw->resampler.in_freq + 2) * channels);

    audio_to_float(&sw->as, buf, guest, n * sw->as.nchannels);
    apply_volume(&sw->volume, guest, sw->as.nchannels, n);
    audio_remap(guest, sw->as.nchannels, mapped, channels, n);
    audio_ring_put(&sw->ring, out, audio_resample(&sw->resampler, mapped, n, out));
}

size_t AUD_write(SWVoiceOut *sw, const void *buf, size_t bytes)
{
    size_t frame = audio_frame_bytes(&sw->as);
    size_t frames = MIN(bytes / frame, out_room(sw));

    for (size_t done = 0; done < frames;) {
        size_t n = MIN(frames - done, CHUNK);

        write_chunk(sw, (const uint8_t *)buf + done * frame, n);
        done += n;
    }
    return frames * frame;
}

void AUD_set_active_out(SWVoiceOut *sw, bool on)
{
    if (sw->active != on) {
        sw->active = on;
        audio_ring_clear(&sw->ring);
        audio_stream_update(sw->stream);
    }
}

void AUD_set_volume_out(SWVoiceOut *sw, const Volume *vol)
{
    sw->volume = *vol;
}

/* ---- recording ---- */

SWVoiceIn *AUD_open_in(AudioBackend *be, const char *name, void *opaque, audio_callback_fn cb,
                       const struct audsettings *as, Error **errp)
{
    AudioStream *s = check_settings(as, name, errp) ? audio_stream_get(be, false, as, errp) : NULL;
    SWVoiceIn *sw;

    if (!s) {
        return NULL;
    }
    sw = g_new0(SWVoiceIn, 1);
    sw->stream = s;
    sw->name = g_strdup(name);
    sw->as = *as;
    sw->volume = full_volume;
    sw->callback = cb;
    sw->opaque = opaque;
    audio_resampler_init(&sw->resampler, s->as.freq, as->freq, s->as.nchannels);
    audio_ring_init(&sw->ring, s->as.nchannels,
                    (uint64_t)s->buffer_frames * as->freq / s->as.freq + 2);
    QLIST_INSERT_HEAD(&s->sw_in, sw, next);
    return sw;
}

void AUD_close_in(SWVoiceIn *sw)
{
    if (!sw) {
        return;
    }
    AUD_set_active_in(sw, false);
    QLIST_REMOVE(sw, next);
    audio_stream_put(sw->stream);
    audio_ring_destroy(&sw->ring);
    g_free(sw->name);
    g_free(sw);
}

size_t AUD_read(SWVoiceIn *sw, void *buf, size_t bytes)
{
    float got[CHUNK * AUDIO_MAX_CHANNELS], mapped[CHUNK * AUDIO_MAX_CHANNELS];
    size_t frame = audio_frame_bytes(&sw->as), frames = bytes / frame, done = 0, n;

    while (done < frames && (n = audio_ring_get(&sw->ring, got, MIN(frames - done, CHUNK)))) {
        audio_remap(got, sw->ring.channels, mapped, sw->as.nchannels, n);
        apply_volume(&sw->volume, mapped, sw->as.nchannels, n);
        audio_from_float(&sw->as, mapped, (uint8_t *)buf + done * frame, n * sw->as.nchannels);
        done += n;
    }
    return done * frame;
}

void AUD_set_active_in(SWVoiceIn *sw, bool on)
{
    if (sw->active != on) {
        sw->active = on;
        audio_ring_clear(&sw->ring);
        audio_stream_update(sw->stream);
    }
}

void AUD_set_volume_in(SWVoiceIn *sw, const Volume *vol)
{
    sw->volume = *vol;
}

/* ---- the stream's turn ---- */

bool audio_stream_has_voice(const AudioStream *s)
{
    return !QLIST_EMPTY(&s->sw_out) || !QLIST_EMPTY(&s->sw_in);
}

bool audio_stream_has_active_voice(const AudioStream *s)
{
    SWVoiceOut *o;
    SWVoiceIn *i;

    QLIST_FOREACH (o, &s->sw_out, next) {
        if (o->active) {
            return true;
        }
    }
    QLIST_FOREACH (i, &s->sw_in, next) {
        if (i->active) {
            return true;
        }
    }
    return false;
}

/* A voice that has nothing to say is silent; it does not hold up the others. */
static void mix(AudioStream *s, float *sum, size_t frames)
{
    g_autofree float *part = g_new(float, frames * s->as.nchannels);
    SWVoiceOut *sw;

    QLIST_FOREACH (sw, &s->sw_out, next) {
        size_t n = sw->active ? audio_ring_get(&sw->ring, part, frames) : 0;

        for (size_t i = 0; i < n * s->as.nchannels; i++) {
            sum[i] += part[i];
        }
    }
}

static void run_out(AudioStream *s, size_t frames)
{
    g_autofree float *sum = g_new0(float, frames * s->as.nchannels);
    g_autofree uint8_t *raw = g_malloc(frames * audio_frame_bytes(&s->as));
    SWVoiceOut *sw, *following;

    /* A device may close its voice when it is asked for more. */
    QLIST_FOREACH_SAFE (sw, &s->sw_out, next, following) {
        size_t room = sw->active ? out_room(sw) : 0;

        if (room && sw->callback) {
            sw->callback(sw->opaque, room * audio_frame_bytes(&sw->as));
        }
    }
    mix(s, sum, frames);
    audio_from_float(&s->as, sum, raw, frames * s->as.nchannels);
    s->be->driver->write(s, raw, frames);
}

/* What a voice does not fetch in time is lost, as with any microphone. */
static void record(SWVoiceIn *sw, const float *frames, size_t n)
{
    size_t room = sw->ring.size - sw->ring.used;
    size_t take = MIN(n, audio_resampler_can_take(&sw->resampler, room));
    g_autofree float *out =
        g_new(float, ((uint64_t)take * sw->resampler.out_freq / sw->resampler.in_freq + 2) *
                         sw->ring.channels);

    audio_ring_put(&sw->ring, out, audio_resample(&sw->resampler, frames, take, out));
}

static void run_in(AudioStream *s, size_t frames)
{
    g_autofree uint8_t *raw = g_malloc(frames * audio_frame_bytes(&s->as));
    g_autofree float *samples = g_new(float, frames * s->as.nchannels);
    SWVoiceIn *sw, *following;

    s->be->driver->read(s, raw, frames);
    audio_to_float(&s->as, raw, samples, frames * s->as.nchannels);
    QLIST_FOREACH_SAFE (sw, &s->sw_in, next, following) {
        if (!sw->active) {
            continue;
        }
        record(sw, samples, frames);
        if (sw->ring.used && sw->callback) {
            sw->callback(sw->opaque, sw->ring.used * audio_frame_bytes(&sw->as));
        }
    }
}

void audio_stream_run(AudioStream *s)
{
    size_t frames = s->be->driver->ready(s);

    if (frames) {
        s->out ? run_out(s, frames) : run_in(s, frames);
    }
}
