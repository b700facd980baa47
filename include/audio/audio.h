/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sound between devices and the host. An AudioBackend is one -audiodev; a device opens voices
 * on it, in the format that its guest chose, and a timer of the back end asks for samples and
 * hands out recordings. Time is the guest's: a stopped guest is silent.
 *
 * Everything here belongs to the main thread with the BQL held.
 */
#ifndef AUDIO_AUDIO_H
#define AUDIO_AUDIO_H

#include "qapi/qapi-types-audio.h"

typedef struct AudioBackend AudioBackend;
typedef struct SWVoiceOut SWVoiceOut;
typedef struct SWVoiceIn SWVoiceIn;

#define AUDIO_MAX_CHANNELS 16

struct audsettings {
    uint32_t freq; /* frames per second */
    uint32_t nchannels;
    AudioFormat fmt;
    bool big_endian;
};

/* One factor per channel. */
typedef struct Volume {
    bool mute;
    float vol[AUDIO_MAX_CHANNELS]; /* 1.0: as it is */
} Volume;

/* @bytes can be written to the voice, or read from it, now. */
typedef void (*audio_callback_fn)(void *opaque, size_t bytes);

/* Bytes of one sample, and of one frame. */
unsigned audio_sample_bytes(AudioFormat fmt);
unsigned audio_frame_bytes(const struct audsettings *as);

/* ---- back ends ---- */

/* Makes the back end that @dev describes; owns @dev afterwards, in any case. */
AudioBackend *audio_be_new(Audiodev *dev, Error **errp);
/* The same from the argument of -audiodev: key=value with driver implied, or JSON. */
AudioBackend *audio_be_new_from_arg(const char *arg, Error **errp);
/* NULL with @errp, which names those there are. */
AudioBackend *audio_be_by_name(const char *id, Error **errp);
const char *audio_be_id(const AudioBackend *be);
/* All settings, as a copy for the caller. */
AudiodevList *audio_be_list(void);
void audio_print_drivers(void);
/*
 * Ends all streams; files get their final headers. Voices that are still open play and record
 * nothing from now on.
 */
void audio_cleanup(void);

/* ---- playback ---- */

/*
 * A stream of the guest. NULL with @errp if the back end has no room for it or @as makes no
 * sense. @name is for messages. Starts inactive.
 */
SWVoiceOut *AUD_open_out(AudioBackend *be, const char *name, void *opaque, audio_callback_fn cb,
                         const struct audsettings *as, Error **errp);
void AUD_close_out(SWVoiceOut *sw);
/* Takes whole frames from @buf as far as there is room: the number of bytes taken. */
size_t AUD_write(SWVoiceOut *sw, const void *buf, size_t bytes);
void AUD_set_active_out(SWVoiceOut *sw, bool on);
void AUD_set_volume_out(SWVoiceOut *sw, const Volume *vol);

/* ---- recording ---- */

SWVoiceIn *AUD_open_in(AudioBackend *be, const char *name, void *opaque, audio_callback_fn cb,
                       const struct audsettings *as, Error **errp);
void AUD_close_in(SWVoiceIn *sw);
/* Fills @buf with whole frames as far as there are any: the number of bytes. */
size_t AUD_read(SWVoiceIn *sw, void *buf, size_t bytes);
void AUD_set_active_in(SWVoiceIn *sw, bool on);
void AUD_set_volume_in(SWVoiceIn *sw, const Volume *vol);

#endif
