/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the mixer and the drivers of back ends. Main thread, BQL held. */
#ifndef AUDIO_AUDIO_INTERNAL_H
#define AUDIO_AUDIO_INTERNAL_H

#include "audio/audio.h"
#include "qemu/queue.h"
#include "qemu/timer.h"

typedef struct AudioDriver AudioDriver;
typedef struct AudioStream AudioStream;
typedef struct SWVoice SWVoice;

/* ---- frames as floats (audio-format.c) ---- */

/* Between @n samples of @as in @raw and floats from -1 to 1. */
void audio_to_float(const struct audsettings *as, const void *raw, float *samples, size_t n);
void audio_from_float(const struct audsettings *as, const float *samples, void *raw, size_t n);
/* @n frames of @from channels to @to: one goes to all, all are averaged to one, else the first. */
void audio_remap(const float *in, unsigned from, float *out, unsigned to, size_t n);

/* ---- rates (audio-resample.c) ---- */

/* Linear interpolation from one rate to another; frames keep their number of channels. */
typedef struct AudioResampler {
    uint32_t in_freq, out_freq;
    unsigned channels;
    uint64_t pos; /* of the next output frame after the last one passed, in 1/out_freq frames */
    float last[AUDIO_MAX_CHANNELS];
} AudioResampler;

void audio_resampler_init(AudioResampler *r, uint32_t in_freq, uint32_t out_freq,
                          unsigned channels);
/* How many input frames can be taken without making more than @out frames. */
size_t audio_resampler_can_take(const AudioResampler *r, size_t out);
/* Turns @n input frames into the returned number of frames at @out. */
size_t audio_resample(AudioResampler *r, const float *in, size_t n, float *out);

/* ---- a queue of frames (audio-ring.c) ---- */

typedef struct AudioRing {
    float *data;
    unsigned channels;
    size_t size, head, used; /* frames */
} AudioRing;

void audio_ring_init(AudioRing *ring, unsigned channels, size_t frames);
void audio_ring_destroy(AudioRing *ring);
void audio_ring_clear(AudioRing *ring);
/* Stores @n frames, for which there must be room. */
void audio_ring_put(AudioRing *ring, const float *frames, size_t n);
/* Takes up to @n frames: how many. */
size_t audio_ring_get(AudioRing *ring, float *frames, size_t n);

/* ---- streams of the host ---- */

/* One direction of one stream of a back end; the guest's voices of that direction share it. */
struct AudioStream {
    AudioBackend *be;
    bool out;
    bool active;
    struct audsettings as;
    size_t buffer_frames;
    /* Frames that passed since @start_ns, for drivers that keep time by the guest's clock. */
    int64_t start_ns;
    uint64_t frames_done;
    void *opaque; /* of the driver */
    QLIST_HEAD(, SWVoice) voices;
    QLIST_ENTRY(AudioStream) next;
};

struct AudioDriver {
    AudiodevDriver kind;
    unsigned max_out, max_in; /* streams it can have; 0: any number */

    /* Opens the host's side; may change s->as to what the host can do. */
    bool (*open)(AudioStream *s, Error **errp);
    void (*close)(AudioStream *s);
    /* Frames that can pass now, at most s->buffer_frames. */
    size_t (*ready)(AudioStream *s);
    void (*write)(AudioStream *s, const void *buf, size_t frames);
    void (*read)(AudioStream *s, void *buf, size_t frames);
};

extern const AudioDriver audio_driver_none;
extern const AudioDriver audio_driver_wav;

/* For AudioDriver.ready: frames due by the guest's clock since the stream became active. */
size_t audio_stream_due(AudioStream *s);

struct AudioBackend {
    Audiodev *dev;
    const AudioDriver *driver;
    QEMUTimer *timer;
    bool running; /* the timer is going through the streams */
    QLIST_HEAD(, AudioStream) streams;
    QTAILQ_ENTRY(AudioBackend) next;
};

/* Settings of a direction, with every default filled in. */
AudiodevPerDirectionOptions *audio_direction(const AudioBackend *be, bool out);

/* The stream that a guest stream of @as goes through: an open one, or a new one. */
AudioStream *audio_stream_get(AudioBackend *be, bool out, const struct audsettings *as,
                              Error **errp);
/* After its last voice has gone. */
void audio_stream_put(AudioStream *s);
/* A voice became active or inactive. */
void audio_stream_update(AudioStream *s);
/* Moves samples between voices and host (audio-voice.c). */
void audio_stream_run(AudioStream *s);
/* The stream goes before its voices; what they do from now on has no effect. */
void audio_stream_orphan_voices(AudioStream *s);
bool audio_stream_has_active_voice(const AudioStream *s);
bool audio_stream_has_voice(const AudioStream *s);

#endif
