/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue of frames. */
#include "qemu/osdep.h"
#include "audio-internal.h"

void audio_ring_init(AudioRing *ring, unsigned channels, size_t frames)
{
    *ring = (AudioRing){
        .data = g_new0(float, frames *channels),
        .channels = channels,
        .size = frames,
    };
}

void audio_ring_destroy(AudioRing *ring)
{
    g_clear_pointer(&ring->data, g_free);
    ring->size = ring->used = 0;
}

void audio_ring_clear(AudioRing *ring)
{
    ring->head = ring->used = 0;
}

void audio_ring_put(AudioRing *ring, const float *frames, size_t n)
{
    size_t c = ring->channels;

    g_assert(n <= ring->size - ring->used);
    while (n) {
        size_t at = (ring->head + ring->used) % ring->size;
        size_t part = MIN(n, ring->size - at);

        memcpy(ring->data + at * c, frames, part * c * sizeof(float));
        frames += part * c;
        ring->used += part;
        n -= part;
    }
}

size_t audio_ring_get(AudioRing *ring, float *frames, size_t n)
{
    size_t c = ring->channels, taken = MIN(n, ring->used);

    for (size_t left = taken; left;) {
        size_t part = MIN(left, ring->size - ring->head);

        memcpy(frames, ring->data + ring->head * c, part * c * sizeof(float));
        frames += part * c;
        ring->head = (ring->head + part) % ring->size;
        ring->used -= part;
        left -= part;
    }
    return taken;
}
