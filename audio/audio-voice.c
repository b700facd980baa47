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

/* Both directions: between the settings of the guest and those of the host's stream. */
struct SWVoice {
    AudioStream *stream; /* NULL: the back end is gone, and nothing passes any more */
    char *name;
    bool active;
    struct audsettings as;
    AudioResampler resampler; /* out: from the guest's rate; in: to it; in the stream's channels */
    AudioRing ring;           /* behind the resampler */
    Volume volume;
    audio_callback_fn callback;
    void *opaque;
    QLIST_ENTRY(SWVoice) next;
};

/* The kinds differ in what may be done with them; a voice is one of them, and nothing else. */
struct SWVoiceOut {
    SWVoice v;
};

struct SWVoiceIn {
    SWVoice v;
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

/* ---- life ---- */

static SWVoice *voice_open(AudioBackend *be, bool out, const char *name, void *opaque,
                           audio_callback_fn cb, const struct audsettings *as, Error **errp)
{
    AudioStream *s = check_settings(as, name, errp) ? audio_stream_get(be, out, as, errp) : NULL;
    SWVoice *v;

    if (!s) {
        return NULL;
    }
    v = g_new0(SWVoice, 1);
    v->stream = s;
    v->name = g_strdup(name);
    v->as = *as;
    v->volume = full_volume;
    v->callback = cb;
    v->opaque = opaque;
    if (out) {
        audio_resampler_init(&v->resampler, as->freq, s->as.freq, s->as.nchannels);
        audio_ring_init(&v->ring, s->as.nchannels, s->buffer_frames);
    } else {
        audio_resampler_init(&v->resampler, s->as.freq, as->freq, s->as.nchannels);
        audio_ring_init(&v->ring, s->as.nchannels,
                        (uint64_t)s->buffer_frames * as->freq / s->as.freq + 2);
    }
    QLIST_INSERT_HEAD(&s->voices, v, next);
    return v;
}

static void voice_set_active(SWVoice *v, bool on)
{
    if (v->active != on && v->stream) {
        v->active = on;
        audio_ring_clear(&v->ring);
        audio_stream_update(v->stream);
    }
}

static void voice_close(SWVoice *v)
{
    if (v->stream) {
        voice_set_active(v, false);
        QLIST_REMOVE(v, next);
        audio_stream_put(v->stream);
    }
    audio_ring_destroy(&v->ring);
    g_free(v->name);
    g_free(v);
}

void audio_stream_orphan_voices(AudioStream *s)
{
    SWVoice *v, *following;

    QLIST_FOREACH_SAFE (v, &s->voices, next, following) {
        QLIST_REMOVE(v, next);
        v->stream = NULL;
        v->active = false;
    }
}

/* @n frames in the stream's channels go through the resampler into the ring. */
static void resample_into_ring(SWVoice *v, const float *frames, size_t n)
{
    g_autofree float *out = g_new(
        float, ((uint64_t)n * v->resampler.out_freq / v->resampler.in_freq + 2) * v->ring.channels);

    audio_ring_put(&v->ring, out, audio_resample(&v->resampler, frames, n, out));
}

/* How many frames can be put in now. */
static size_t voice_room(const SWVoice *v)
{
    return audio_resampler_can_take(&v->resampler, v->ring.size - v->ring.used);
}

/* ---- playback ---- */

SWVoiceOut *AUD_open_out(AudioBackend *be, const char *name, void *opaque, audio_callback_fn cb,
                         const struct audsettings *as, Error **errp)
{
    return (SWVoiceOut *)voice_open(be, true, name, opaque, cb, as, errp);
}

void AUD_close_out(SWVoiceOut *sw)
{
    if (sw) {
        voice_close(&sw->v);
    }
}

/* Up to CHUNK frames of the guest into the ring. */
static void write_chunk(SWVoice *v, const uint8_t *buf, size_t n)
{
    float guest[CHUNK * AUDIO_MAX_CHANNELS], mapped[CHUNK * AUDIO_MAX_CHANNELS];

    audio_to_float(&v->as, buf, guest, n * v->as.nchannels);
    apply_volume(&v->volume, guest, v->as.nchannels, n);
    audio_remap(guest, v->as.nchannels, mapped, v->ring.channels, n);
    resample_into_ring(v, mapped, n);
}

size_t AUD_write(SWVoiceOut *sw, const void *buf, size_t bytes)
{
    size_t frame = audio_frame_bytes(&sw->v.as);
    size_t frames = MIN(bytes / frame, voice_room(&sw->v));

    for (size_t done = 0; done < frames;) {
        size_t n = MIN(frames - done, CHUNK);

        write_chunk(&sw->v, (const uint8_t *)buf + done * frame, n);
        done += n;
    }
    return frames * frame;
}

void AUD_set_active_out(SWVoiceOut *sw, bool on)
{
    voice_set_active(&sw->v, on);
}

void AUD_set_volume_out(SWVoiceOut *sw, const Volume *vol)
{
    sw->v.volume = *vol;
}

/* ---- recording ---- */

SWVoiceIn *AUD_open_in(AudioBackend *be, const char *name, void *opaque, audio_callback_fn cb,
                       const struct audsettings *as, Error **errp)
{
    return (SWVoiceIn *)voice_open(be, false, name, opaque, cb, as, errp);
}

void AUD_close_in(SWVoiceIn *sw)
{
    if (sw) {
        voice_close(&sw->v);
    }
}

size_t AUD_read(SWVoiceIn *sw, void *buf, size_t bytes)
{
    SWVoice *v = &sw->v;
    float got[CHUNK * AUDIO_MAX_CHANNELS], mapped[CHUNK * AUDIO_MAX_CHANNELS];
    size_t frame = audio_frame_bytes(&v->as), frames = bytes / frame, done = 0, n;

    while (done < frames && (n = audio_ring_get(&v->ring, got, MIN(frames - done, CHUNK)))) {
        audio_remap(got, v->ring.channels, mapped, v->as.nchannels, n);
        apply_volume(&v->volume, mapped, v->as.nchannels, n);
        audio_from_float(&v->as, mapped, (uint8_t *)buf + done * frame, n * v->as.nchannels);
        done += n;
    }
    return done * frame;
}

void AUD_set_active_in(SWVoiceIn *sw, bool on)
{
    voice_set_active(&sw->v, on);
}

void AUD_set_volume_in(SWVoiceIn *sw, const Volume *vol)
{
    sw->v.volume = *vol;
}

/* ---- the stream's turn ---- */

bool audio_stream_has_voice(const AudioStream *s)
{
    return !QLIST_EMPTY(&s->voices);
}

bool audio_stream_has_active_voice(const AudioStream *s)
{
    SWVoice *v;

    QLIST_FOREACH (v, &s->voices, next) {
        if (v->active) {
            return true;
        }
    }
    return false;
}

/* A voice that has nothing to say is silent; it does not hold up the others. */
static void mix(AudioStream *s, float *sum, size_t frames)
{
    g_autofree float *part = g_new(float, frames * s->as.nchannels);
    SWVoice *v;

    QLIST_FOREACH (v, &s->voices, next) {
        size_t n = v->active ? audio_ring_get(&v->ring, part, frames) : 0;

        for (size_t i = 0; i < n * s->as.nchannels; i++) {
            sum[i] += part[i];
        }
    }
}

static void run_out(AudioStream *s, size_t frames)
{
    g_autofree float *sum = g_new0(float, frames * s->as.nchannels);
    g_autofree uint8_t *raw = g_malloc(frames * audio_frame_bytes(&s->as));
    SWVoice *v, *following;

    /* A device may close its voice when it is asked for more. */
    QLIST_FOREACH_SAFE (v, &s->voices, next, following) {
        size_t room = v->active ? voice_room(v) : 0;

        if (room && v->callback) {
            v->callback(v->opaque, room * audio_frame_bytes(&v->as));
        }
    }
    mix(s, sum, frames);
    audio_from_float(&s->as, sum, raw, frames * s->as.nchannels);
    s->be->driver->write(s, raw, frames);
}

static void run_in(AudioStream *s, size_t frames)
{
    g_autofree uint8_t *raw = g_malloc(frames * audio_frame_bytes(&s->as));
    g_autofree float *samples = g_new(float, frames * s->as.nchannels);
    SWVoice *v, *following;

    s->be->driver->read(s, raw, frames);
    audio_to_float(&s->as, raw, samples, frames * s->as.nchannels);
    QLIST_FOREACH_SAFE (v, &s->voices, next, following) {
        if (!v->active) {
            continue;
        }
        /* What a voice does not fetch in time is lost, as with any microphone. */
        resample_into_ring(v, samples, MIN(frames, voice_room(v)));
        if (v->ring.used && v->callback) {
            v->callback(v->opaque, v->ring.used * audio_frame_bytes(&v->as));
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
