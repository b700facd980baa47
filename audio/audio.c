/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Back ends of -audiodev, their settings, and the timer that runs their streams. */
#include "qemu/osdep.h"
#include "qapi/clone-visitor.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-audio.h"
#include "qapi/qobject-input-visitor.h"
#include "qemu/host-utils.h"
#include "qemu/id.h"
#include "audio-internal.h"
#include "qemu/missing-part.h"
#include "qobject/keyval.h"

#define DEFAULT_PERIOD_US 10000
#define DEFAULT_BUFFER_US 46440
/* Longest buffer and period that make sense; also bounds what one turn allocates. */
#define MAX_TIME_US 10000000

static const AudioDriver *const drivers[AUDIODEV_DRIVER__MAX] = {
    [AUDIODEV_DRIVER_NONE] = &audio_driver_none,
    [AUDIODEV_DRIVER_WAV] = &audio_driver_wav,
};

static QTAILQ_HEAD(, AudioBackend) backends = QTAILQ_HEAD_INITIALIZER(backends);

/* ---- settings ---- */

static AudiodevPerDirectionOptions **direction_of(Audiodev *dev, bool out)
{
    switch (dev->driver) {
    case AUDIODEV_DRIVER_WAV:
        return out ? &dev->u.wav.out : &dev->u.wav.in;
    default:
        return out ? &dev->u.none.out : &dev->u.none.in;
    }
}

AudiodevPerDirectionOptions *audio_direction(const AudioBackend *be, bool out)
{
    return *direction_of(be->dev, out);
}

#define DEFAULT_TO(opts, member, value)                                                            \
    do {                                                                                           \
        if (!(opts)->has_##member) {                                                               \
            (opts)->has_##member = true;                                                           \
            (opts)->member = (value);                                                              \
        }                                                                                          \
    } while (0)

static bool fill_direction(Audiodev *dev, bool out, Error **errp)
{
    AudiodevPerDirectionOptions **place = direction_of(dev, out), *o;
    const char *name = out ? "out" : "in";

    if (!*place) {
        *place = g_new0(AudiodevPerDirectionOptions, 1);
    }
    o = *place;
    DEFAULT_TO(o, mixing_engine, true);
    DEFAULT_TO(o, fixed_settings, o->mixing_engine);
    if (!o->mixing_engine && o->fixed_settings) {
        error_setg(errp, "%s.fixed-settings=on needs %s.mixing-engine=on", name, name);
        return false;
    }
    if (!o->fixed_settings && (o->has_frequency || o->has_channels || o->has_format)) {
        error_setg(errp, "%s.frequency, %s.channels and %s.format need %s.fixed-settings=on", name,
                   name, name, name);
        return false;
    }
    DEFAULT_TO(o, frequency, 44100);
    DEFAULT_TO(o, channels, 2);
    DEFAULT_TO(o, voices, o->mixing_engine ? 1 : INT_MAX);
    DEFAULT_TO(o, format, AUDIO_FORMAT_S16);
    DEFAULT_TO(o, buffer_length, DEFAULT_BUFFER_US);
    if (o->frequency < 1 || o->frequency > 1000000) {
        error_setg(errp, "%s.frequency=%u is not between 1 and 1000000", name, o->frequency);
    } else if (o->channels < 1 || o->channels > AUDIO_MAX_CHANNELS) {
        error_setg(errp, "%s.channels=%u is not between 1 and %d", name, o->channels,
                   AUDIO_MAX_CHANNELS);
    } else if (o->buffer_length < 1 || o->buffer_length > MAX_TIME_US) {
        error_setg(errp, "%s.buffer-length=%u is not between 1 and %d microseconds", name,
                   o->buffer_length, MAX_TIME_US);
    } else if (!o->voices) {
        error_setg(errp, "%s.voices must be at least 1", name);
    } else {
        return true;
    }
    return false;
}

static bool fill_settings(Audiodev *dev, Error **errp)
{
    DEFAULT_TO(dev, timer_period, DEFAULT_PERIOD_US);
    if (dev->timer_period < 100 || dev->timer_period > MAX_TIME_US) {
        error_setg(errp, "timer-period=%u is not between 100 and %d microseconds",
                   dev->timer_period, MAX_TIME_US);
        return false;
    }
    return fill_direction(dev, true, errp) && fill_direction(dev, false, errp);
}

/* ---- streams ---- */

static size_t us_to_frames(uint64_t us, uint32_t freq)
{
    return us * freq / 1000000;
}

static unsigned count_streams(const AudioBackend *be, bool out)
{
    unsigned n = 0;
    AudioStream *s;

    QLIST_FOREACH (s, &be->streams, next) {
        n += s->out == out;
    }
    return n;
}

static AudioStream *first_stream(const AudioBackend *be, bool out)
{
    AudioStream *s;

    QLIST_FOREACH (s, &be->streams, next) {
        if (s->out == out) {
            return s;
        }
    }
    return NULL;
}

static AudioStream *stream_new(AudioBackend *be, bool out, const struct audsettings *as,
                               Error **errp)
{
    AudiodevPerDirectionOptions *o = audio_direction(be, out);
    AudioStream *s = g_new0(AudioStream, 1);

    s->be = be;
    s->out = out;
    s->as = *as;
    if (o->fixed_settings) {
        s->as = (struct audsettings){
            .freq = o->frequency,
            .nchannels = o->channels,
            .fmt = o->format,
        };
    }
    /* Twice what passes between two turns, so that a late turn loses nothing. */
    s->buffer_frames =
        1 + us_to_frames(MAX(o->buffer_length, 2 * be->dev->timer_period), s->as.freq);
    if (!be->driver->open(s, errp)) {
        g_free(s);
        return NULL;
    }
    QLIST_INSERT_HEAD(&be->streams, s, next);
    return s;
}

AudioStream *audio_stream_get(AudioBackend *be, bool out, const struct audsettings *as,
                              Error **errp)
{
    AudiodevPerDirectionOptions *o = audio_direction(be, out);
    unsigned most = out ? be->driver->max_out : be->driver->max_in;
    unsigned there = count_streams(be, out);

    if (o->mixing_engine && there) {
        return first_stream(be, out);
    }
    if (there >= o->voices || (most && there >= most)) {
        error_setg(errp, "audiodev '%s' has no more %s streams: it has %u", be->dev->id,
                   out ? "playback" : "recording", there);
        return NULL;
    }
    return stream_new(be, out, as, errp);
}

static void stream_free(AudioStream *s)
{
    s->be->driver->close(s);
    QLIST_REMOVE(s, next);
    g_free(s);
}

void audio_stream_put(AudioStream *s)
{
    /* While the timer runs through the streams it is the timer that removes this one. */
    if (!audio_stream_has_voice(s) && !s->be->running) {
        stream_free(s);
    }
}

static void arm_timer(AudioBackend *be)
{
    AudioStream *s;

    QLIST_FOREACH (s, &be->streams, next) {
        if (s->active) {
            if (!timer_pending(be->timer)) {
                timer_mod(be->timer, qemu_clock_get_us(QEMU_CLOCK_VIRTUAL) + be->dev->timer_period);
            }
            return;
        }
    }
    timer_del(be->timer);
}

void audio_stream_update(AudioStream *s)
{
    bool active = audio_stream_has_active_voice(s);

    if (active && !s->active) {
        s->start_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        s->frames_done = 0;
    }
    s->active = active;
    if (!s->be->running) {
        arm_timer(s->be);
    }
}

size_t audio_stream_due(AudioStream *s)
{
    int64_t passed = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - s->start_ns;
    uint64_t total = muldiv64(MAX(passed, 0), s->as.freq, NANOSECONDS_PER_SECOND);
    uint64_t due = total - s->frames_done;

    if (due > s->buffer_frames) {
        /* Too late for all of it; what was missed stays missed. */
        s->frames_done = total - s->buffer_frames;
        due = s->buffer_frames;
    }
    s->frames_done += due;
    return due;
}

static void backend_turn(void *opaque)
{
    AudioBackend *be = opaque;
    AudioStream *s, *following;

    be->running = true;
    QLIST_FOREACH (s, &be->streams, next) {
        if (s->active) {
            audio_stream_run(s);
        }
    }
    be->running = false;
    QLIST_FOREACH_SAFE (s, &be->streams, next, following) {
        audio_stream_put(s);
    }
    arm_timer(be);
}

/* ---- back ends ---- */

static AudioBackend *find(const char *id)
{
    AudioBackend *be;

    QTAILQ_FOREACH (be, &backends, next) {
        if (!strcmp(be->dev->id, id)) {
            return be;
        }
    }
    return NULL;
}

AudioBackend *audio_be_new(Audiodev *dev, Error **errp)
{
    AudioBackend *be;

    if (!id_wellformed(dev->id)) {
        error_setg(errp, "id=%s is not an identifier", dev->id);
    } else if (find(dev->id)) {
        error_setg(errp, "there is an audiodev '%s' already", dev->id);
    } else if (fill_settings(dev, errp)) {
        be = g_new0(AudioBackend, 1);
        be->dev = dev;
        be->driver = drivers[dev->driver];
        be->timer = timer_new_us(QEMU_CLOCK_VIRTUAL, backend_turn, be);
        QTAILQ_INSERT_TAIL(&backends, be, next);
        return be;
    }
    qapi_free_Audiodev(dev);
    return NULL;
}

/* Does @arg name a driver that others have? A mistake in it is found later. */
static bool driver_is_missing(const char *arg, Error **errp)
{
    g_autoptr(QDict) keys = arg[0] == '{' ? NULL : keyval_parse(arg, "driver", NULL, NULL);
    const char *driver = keys ? qdict_get_try_str(keys, "driver") : NULL;

    return driver && missing_part_error(MISSING_AUDIODEV, driver, errp);
}

AudioBackend *audio_be_new_from_arg(const char *arg, Error **errp)
{
    Visitor *v =
        driver_is_missing(arg, errp) ? NULL : qobject_input_visitor_new_str(arg, "driver", errp);
    Audiodev *dev = NULL;

    if (!v) {
        return NULL;
    }
    visit_type_Audiodev(v, NULL, &dev, errp);
    visit_free(v);
    return dev ? audio_be_new(dev, errp) : NULL;
}

AudioBackend *audio_be_by_name(const char *id, Error **errp)
{
    ERRP_GUARD();
    AudioBackend *be = find(id), *each;
    g_autoptr(GString) ids = g_string_new(NULL);

    if (be) {
        return be;
    }
    error_setg(errp, "there is no audiodev '%s'", id);
    QTAILQ_FOREACH (each, &backends, next) {
        g_string_append_printf(ids, "%s%s", ids->len ? ", " : "", each->dev->id);
    }
    error_append_hint(errp,
                      ids->len ? "There is: %s.\n" : "Make one with -audiodev DRIVER,id=%s.\n",
                      ids->len ? ids->str : id);
    return NULL;
}

const char *audio_be_id(const AudioBackend *be)
{
    return be->dev->id;
}

AudiodevList *audio_be_list(void)
{
    AudiodevList *list = NULL, **tail = &list;
    AudioBackend *be;

    QTAILQ_FOREACH (be, &backends, next) {
        QAPI_LIST_APPEND(tail, QAPI_CLONE(Audiodev, be->dev));
    }
    return list;
}

void audio_print_drivers(void)
{
    printf("Available audio drivers:\n");
    for (int i = 0; i < AUDIODEV_DRIVER__MAX; i++) {
        printf("%s\n", AudiodevDriver_str(i));
    }
}

void audio_cleanup(void)
{
    AudioBackend *be, *next_be;
    AudioStream *s, *next_s;

    QTAILQ_FOREACH_SAFE (be, &backends, next, next_be) {
        QLIST_FOREACH_SAFE (s, &be->streams, next, next_s) {
            audio_stream_orphan_voices(s);
            stream_free(s);
        }
        QTAILQ_REMOVE(&backends, be, next);
        timer_free(be->timer);
        qapi_free_Audiodev(be->dev);
        g_free(be);
    }
}
