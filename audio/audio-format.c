/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples in the formats of guests and hosts, as floats and back. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "audio-internal.h"

unsigned audio_sample_bytes(AudioFormat fmt)
{
    switch (fmt) {
    case AUDIO_FORMAT_U8:
    case AUDIO_FORMAT_S8:
        return 1;
    case AUDIO_FORMAT_U16:
    case AUDIO_FORMAT_S16:
        return 2;
    default:
        return 4;
    }
}

unsigned audio_frame_bytes(const struct audsettings *as)
{
    return audio_sample_bytes(as->fmt) * as->nchannels;
}

/* A guest may store NaN or numbers far outside. */
static float clamp(float x)
{
    return x >= -1 ? (x <= 1 ? x : 1) : x < -1 ? -1 : 0;
}

static float to_float(const struct audsettings *as, const uint8_t *p)
{
    bool be = as->big_endian;
    uint32_t word;
    float f;

    switch (as->fmt) {
    case AUDIO_FORMAT_U8:
        return (*p - 0x80) / 128.0f;
    case AUDIO_FORMAT_S8:
        return (int8_t)*p / 128.0f;
    case AUDIO_FORMAT_U16:
        return ((int)(be ? lduw_be_p(p) : lduw_le_p(p)) - 0x8000) / 32768.0f;
    case AUDIO_FORMAT_S16:
        return (int16_t)(be ? lduw_be_p(p) : lduw_le_p(p)) / 32768.0f;
    default:
        break;
    }
    word = be ? ldl_be_p(p) : ldl_le_p(p);
    switch (as->fmt) {
    case AUDIO_FORMAT_U32:
        return (int32_t)(word ^ 0x80000000u) / 2147483648.0f;
    case AUDIO_FORMAT_S32:
        return (int32_t)word / 2147483648.0f;
    default:
        memcpy(&f, &word, sizeof(f));
        return clamp(f);
    }
}

/* @x times 2^(bits-1), rounded, within the range of such an integer. */
static int64_t scaled(float x, unsigned bits)
{
    int64_t limit = INT64_C(1) << (bits - 1);
    double v = clamp(x) * (double)limit;
    int64_t n = v >= 0 ? (int64_t)(v + 0.5) : -(int64_t)(0.5 - v);

    return MIN(n, limit - 1);
}

static void from_float(const struct audsettings *as, float x, uint8_t *p)
{
    bool be = as->big_endian;
    uint32_t word;

    switch (as->fmt) {
    case AUDIO_FORMAT_U8:
        *p = scaled(x, 8) + 0x80;
        return;
    case AUDIO_FORMAT_S8:
        *p = scaled(x, 8);
        return;
    case AUDIO_FORMAT_U16:
    case AUDIO_FORMAT_S16:
        word = scaled(x, 16) + (as->fmt == AUDIO_FORMAT_U16 ? 0x8000 : 0);
        be ? stw_be_p(p, word) : stw_le_p(p, word);
        return;
    case AUDIO_FORMAT_U32:
        word = (uint32_t)scaled(x, 32) ^ 0x80000000u;
        break;
    case AUDIO_FORMAT_S32:
        word = scaled(x, 32);
        break;
    default:
        x = clamp(x);
        memcpy(&word, &x, sizeof(word));
        break;
    }
    be ? stl_be_p(p, word) : stl_le_p(p, word);
}

void audio_to_float(const struct audsettings *as, const void *raw, float *samples, size_t n)
{
    unsigned bytes = audio_sample_bytes(as->fmt);
    const uint8_t *p = raw;

    for (size_t i = 0; i < n; i++, p += bytes) {
        samples[i] = to_float(as, p);
    }
}

void audio_from_float(const struct audsettings *as, const float *samples, void *raw, size_t n)
{
    unsigned bytes = audio_sample_bytes(as->fmt);
    uint8_t *p = raw;

    for (size_t i = 0; i < n; i++, p += bytes) {
        from_float(as, samples[i], p);
    }
}

void audio_remap(const float *in, unsigned from, float *out, unsigned to, size_t n)
{
    for (size_t i = 0; i < n; i++, in += from, out += to) {
        float sum = 0;

        for (unsigned c = 0; c < from; c++) {
            sum += in[c];
        }
        for (unsigned c = 0; c < to; c++) {
            out[c] = from == 1 ? in[0] : to == 1 ? sum / from : c < from ? in[c] : 0;
        }
    }
}
