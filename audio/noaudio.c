/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The back end without a host side: playback vanishes at its rate, recordings are silent. */
#include "qemu/osdep.h"
#include "audio-internal.h"

static bool none_open(AudioStream *s, Error **errp)
{
    return true;
}

static void none_close(AudioStream *s)
{
}

static void none_write(AudioStream *s, const void *buf, size_t frames)
{
}

static void none_read(AudioStream *s, void *buf, size_t frames)
{
    static const float silence[AUDIO_MAX_CHANNELS];
    uint8_t *p = buf;

    for (size_t i = 0; i < frames; i++, p += audio_frame_bytes(&s->as)) {
        audio_from_float(&s->as, silence, p, s->as.nchannels);
    }
}

const AudioDriver audio_driver_none = {
    .kind = AUDIODEV_DRIVER_NONE,
    .open = none_open,
    .close = none_close,
    .ready = audio_stream_due,
    .write = none_write,
    .read = none_read,
};
