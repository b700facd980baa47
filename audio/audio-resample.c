/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one sample rate to another by linear interpolation. Time is counted in units of
 * 1 / (in_freq * out_freq) s, so that it is exact however long a stream runs.
 */
#include "qemu/osdep.h"
#include "audio-internal.h"

void audio_resampler_init(AudioResampler *r, uint32_t in_freq, uint32_t out_freq, unsigned channels)
{
    *r = (AudioResampler){.in_freq = in_freq, .out_freq = out_freq, .channels = channels};
}

/*
 * The next output frame lies @pos after the input frame @last, one input frame being
 * out_freq long. After n more input frames, those at pos, pos + in_freq ... before
 * n * out_freq have been made.
 */
size_t audio_resampler_can_take(const AudioResampler *r, size_t out)
{
    return (r->pos + (uint64_t)out * r->in_freq) / r->out_freq;
}

size_t audio_resample(AudioResampler *r, const float *in, size_t n, float *out)
{
    size_t made = 0;

    for (size_t i = 0; i < n; i++, in += r->channels) {
        while (r->pos < r->out_freq) {
            float part = (float)r->pos / r->out_freq;

            for (unsigned c = 0; c < r->channels; c++) {
                *out++ = r->last[c] + (in[c] - r->last[c]) * part;
            }
            made++;
            r->pos += r->in_freq;
        }
        r->pos -= r->out_freq;
        memcpy(r->last, in, r->channels * sizeof(float));
    }
    return made;
}
