/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PC speaker and port 61h (NMI status and control): the gate and output of
 * timer channel 2, the speaker's enable bit and the refresh toggle.
 *
 * 82371SB (PIIX3) data sheet, 2.5.3.1 (NMISC). This board has no NMI sources.
 *
 * With an audio back end the tone of the counter's square wave is heard. The level of the
 * enable bit by itself, which some programs played samples with, is not.
 */
#include "qemu/osdep.h"
#include "hw/audio/pcspk.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "hw/timer/i8254_internal.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define NMISC_TIM2_GATE   0x01
#define NMISC_SPKR_ENABLE 0x02
#define NMISC_REFRESH     0x10 /* toggles with each memory refresh */
#define NMISC_TIM2_OUT    0x20

/* 18 clocks of the timer, as a PC's BIOS programs channel 1. */
#define REFRESH_NS 15085

/* Of the tone: samples per second, and a quarter of the full amplitude. */
#define SPK_RATE  44100
#define SPK_LEVEL 0x2000
/* Samples made in one go. */
#define SPK_CHUNK 256

OBJECT_DECLARE_SIMPLE_TYPE(PCSpkState, PC_SPEAKER)

struct PCSpkState {
    ISADevice parent_obj;

    /* config */
    uint32_t iobase;
    bool migrate;
    AudioBackend *audio_be;

    /* wiring */
    MemoryRegion ioport;
    SWVoiceOut *voice; /* NULL without a back end */
    PITCommonState *pit;

    /* state */
    uint8_t data_on;
    uint8_t dummy_refresh_clock;

    uint64_t phase; /* of the tone, in 1/SPK_RATE clocks of the timer; not worth saving */
};

/* ---- sound ---- */

static int16_t next_sample(PCSpkState *s, const PITChannelInfo *ch)
{
    uint64_t period = (uint64_t)ch->initial_count * SPK_RATE;

    /* Modes 2 and 3 repeat; a tone needs at least two samples for each period. */
    if (!s->data_on || !ch->gate || (ch->mode != 2 && ch->mode != 3) || period < 2 * PIT_FREQ) {
        return 0;
    }
    s->phase = (s->phase + PIT_FREQ) % period;
    return s->phase < period / 2 ? SPK_LEVEL : -SPK_LEVEL;
}

static void pcspk_callback(void *opaque, size_t bytes)
{
    PCSpkState *s = opaque;
    int16_t samples[SPK_CHUNK];
    PITChannelInfo ch;

    pit_get_channel_info(s->pit, 2, &ch);
    for (size_t left = bytes / sizeof(samples[0]); left;) {
        size_t n = MIN(left, SPK_CHUNK);

        for (size_t i = 0; i < n; i++) {
            samples[i] = next_sample(s, &ch);
        }
        AUD_write(s->voice, samples, n * sizeof(samples[0]));
        left -= n;
    }
}

static bool open_voice(PCSpkState *s, Error **errp)
{
    struct audsettings as = {
        .freq = SPK_RATE,
        .nchannels = 1,
        .fmt = AUDIO_FORMAT_S16,
        .big_endian = HOST_BIG_ENDIAN,
    };

    s->voice = AUD_open_out(s->audio_be, TYPE_PC_SPEAKER, s, pcspk_callback, &as, errp);
    return s->voice != NULL;
}

static void update_voice(PCSpkState *s)
{
    if (s->voice) {
        AUD_set_active_out(s->voice, s->data_on);
    }
}

/* ---- port ---- */

static uint64_t pcspk_io_read(void *opaque, hwaddr addr, unsigned size)
{
    PCSpkState *s = opaque;
    PITChannelInfo ch;

    pit_get_channel_info(s->pit, 2, &ch);
    s->dummy_refresh_clock = (qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / REFRESH_NS) & 1;
    return (ch.gate ? NMISC_TIM2_GATE : 0) | (s->data_on ? NMISC_SPKR_ENABLE : 0) |
           (s->dummy_refresh_clock ? NMISC_REFRESH : 0) | (ch.out ? NMISC_TIM2_OUT : 0);
}

static void pcspk_io_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PCSpkState *s = opaque;

    s->data_on = !!(val & NMISC_SPKR_ENABLE);
    pit_set_gate(s->pit, 2, val & NMISC_TIM2_GATE);
    update_voice(s);
}

static const MemoryRegionOps pcspk_io_ops = {
    .read = pcspk_io_read,
    .write = pcspk_io_write,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

static void pcspk_reset_hold(Object *obj, ResetType type)
{
    PCSpkState *s = PC_SPEAKER(obj);

    s->data_on = 0;
    s->dummy_refresh_clock = 0;
    update_voice(s);
}

static bool pcspk_migrate_needed(void *opaque)
{
    PCSpkState *s = opaque;

    return s->migrate;
}

static int pcspk_post_load(void *opaque, int version_id)
{
    PCSpkState *s = opaque;

    s->data_on = !!s->data_on;
    update_voice(s);
    return 0;
}

static const VMStateDescription vmstate_spk = {
    .name = "pcspk",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pcspk_post_load,
    .needed = pcspk_migrate_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(data_on, PCSpkState),
            VMSTATE_UINT8(dummy_refresh_clock, PCSpkState),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property pcspk_properties[] = {
    DEFINE_PROP_UINT32("iobase", PCSpkState, iobase, 0x61),
    DEFINE_PROP_BOOL("migrate", PCSpkState, migrate, true),
    DEFINE_PROP_AUDIODEV("audiodev", PCSpkState, audio_be),
};

static void pcspk_initfn(Object *obj)
{
    PCSpkState *s = PC_SPEAKER(obj);

    memory_region_init_io(&s->ioport, obj, &pcspk_io_ops, s, "pcspk", 1);
    object_property_add_link(obj, "pit", TYPE_PIT_COMMON, (Object **)&s->pit,
                             object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
}

static void pcspk_realize(DeviceState *dev, Error **errp)
{
    PCSpkState *s = PC_SPEAKER(dev);

    if (!s->pit) {
        error_setg(errp, "Property 'pit' of %s must be set to the interval timer", TYPE_PC_SPEAKER);
        return;
    }
    if (s->audio_be && !open_voice(s, errp)) {
        return;
    }
    isa_register_ioport(ISA_DEVICE(dev), &s->ioport, s->iobase);
}

static void pcspk_unrealize(DeviceState *dev)
{
    PCSpkState *s = PC_SPEAKER(dev);

    AUD_close_out(s->voice);
    s->voice = NULL;
}

static void pcspk_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pcspk_realize;
    dc->unrealize = pcspk_unrealize;
    device_class_set_category(dc, DEVICE_CATEGORY_SOUND);
    dc->vmsd = &vmstate_spk;
    device_class_set_props(dc, pcspk_properties);
    RESETTABLE_CLASS(klass)->phases.hold = pcspk_reset_hold;
    /* Realize needs a pointer to the timer. */
    dc->user_creatable = false;
}

static const TypeInfo pcspk_types[] = {
    {
        .name = TYPE_PC_SPEAKER,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PCSpkState),
        .instance_init = pcspk_initfn,
        .class_init = pcspk_class_init,
    },
};

DEFINE_TYPES(pcspk_types)
