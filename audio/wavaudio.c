/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Playback into a RIFF WAVE file ("Multimedia Programming Interface and Data Specifications
 * 1.0", 1991). The header is written again with the final lengths when the stream ends.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "audio-internal.h"

#define WAVE_FORMAT_PCM        1
#define WAVE_FORMAT_IEEE_FLOAT 3

#define HEADER_BYTES           44
/* RIFF counts bytes in 32 bits. */
#define MAX_DATA (UINT32_MAX - HEADER_BYTES)

typedef struct WavFile {
    int fd;
    uint32_t bytes;
    bool ended; /* full, or the host refused a write */
} WavFile;

static bool write_header(AudioStream *s, WavFile *f)
{
    uint8_t h[HEADER_BYTES] = "RIFF....WAVEfmt ";
    unsigned bits = 8 * audio_sample_bytes(s->as.fmt), frame = audio_frame_bytes(&s->as);

    stl_le_p(h + 4, f->bytes + HEADER_BYTES - 8);
    stl_le_p(h + 16, 16);
    stw_le_p(h + 20, s->as.fmt == AUDIO_FORMAT_F32 ? WAVE_FORMAT_IEEE_FLOAT : WAVE_FORMAT_PCM);
    stw_le_p(h + 22, s->as.nchannels);
    stl_le_p(h + 24, s->as.freq);
    stl_le_p(h + 28, s->as.freq * frame);
    stw_le_p(h + 32, frame);
    stw_le_p(h + 34, bits);
    memcpy(h + 36, "data", 4);
    stl_le_p(h + 40, f->bytes);
    return pwrite(f->fd, h, sizeof(h), 0) == sizeof(h);
}

static bool wav_open(AudioStream *s, Error **errp)
{
    const char *path = s->be->dev->u.wav.path ?: "qemu.wav";
    WavFile *f;
    int fd;

    if (!s->out) {
        return true;
    }
    /* The format knows unsigned bytes and signed longer samples. */
    if (s->as.fmt == AUDIO_FORMAT_S8 || s->as.fmt == AUDIO_FORMAT_U16 ||
        s->as.fmt == AUDIO_FORMAT_U32) {
        error_setg(errp, "audiodev '%s': a WAVE file cannot hold %s samples (u8, s16, s32, f32)",
                   s->be->dev->id, AudioFormat_str(s->as.fmt));
        return false;
    }
    s->as.big_endian = false;
    fd = qemu_create(path, O_WRONLY | O_TRUNC, 0644, errp);
    if (fd < 0) {
        return false;
    }
    f = g_new0(WavFile, 1);
    f->fd = fd;
    s->opaque = f;
    if (!write_header(s, f)) {
        error_setg_errno(errp, errno, "audiodev '%s': could not write to '%s'", s->be->dev->id,
                         path);
        close(fd);
        g_free(f);
        return false;
    }
    return true;
}

static void wav_close(AudioStream *s)
{
    WavFile *f = s->opaque;

    if (f) {
        if (!write_header(s, f) || close(f->fd) < 0) {
            warn_report("audiodev '%s': its file could not be completed: %s", s->be->dev->id,
                        strerror(errno));
        }
        g_free(f);
    }
}

static void wav_write(AudioStream *s, const void *buf, size_t frames)
{
    WavFile *f = s->opaque;
    size_t bytes = frames * audio_frame_bytes(&s->as);

    if (f->ended) {
        return;
    }
    if (bytes > MAX_DATA - f->bytes) {
        warn_report("audiodev '%s': its file is as long as a WAVE file can be", s->be->dev->id);
        f->ended = true;
    } else if (pwrite(f->fd, buf, bytes, HEADER_BYTES + (off_t)f->bytes) != (ssize_t)bytes) {
        warn_report("audiodev '%s': its file ends here: %s", s->be->dev->id, strerror(errno));
        f->ended = true;
    } else {
        f->bytes += bytes;
    }
}

static void wav_read(AudioStream *s, void *buf, size_t frames)
{
    audio_driver_none.read(s, buf, frames);
}

const AudioDriver audio_driver_wav = {
    .kind = AUDIODEV_DRIVER_WAV,
    .max_out = 1, /* there is one file */
    .open = wav_open,
    .close = wav_close,
    .ready = audio_stream_due,
    .write = wav_write,
    .read = wav_read,
};
