/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats, rates, settings of back ends, and a stream that goes through the mixer into a file. */
#include "qemu/osdep.h"
#include "audio/audio-internal.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"

static void test_formats(void)
{
    static const float values[] = {-1, -0.5, 0, 0.25, 1, 7, -7};

    for (int fmt = 0; fmt < AUDIO_FORMAT__MAX; fmt++) {
        for (int be = 0; be < 2; be++) {
            struct audsettings as = {.freq = 8000, .nchannels = 1, .fmt = fmt, .big_endian = be};
            uint8_t raw[4 * ARRAY_SIZE(values)];
            float back[ARRAY_SIZE(values)];

            audio_from_float(&as, values, raw, ARRAY_SIZE(values));
            audio_to_float(&as, raw, back, ARRAY_SIZE(values));
            for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
                float want = MAX(-1, MIN(1, values[i]));

                g_assert_cmpfloat_with_epsilon(back[i], want, 1.0 / 100);
            }
        }
    }
}

static void test_nan(void)
{
    struct audsettings as = {.freq = 8000, .nchannels = 1, .fmt = AUDIO_FORMAT_F32};
    static const uint8_t nan[] = {0, 0, 0xc0, 0x7f};
    float f;

    audio_to_float(&as, nan, &f, 1);
    g_assert_cmpfloat(f, ==, 0);
}

/* However a stream is cut up, n input frames make n * out / in output frames, within one. */
static void test_rates(void)
{
    static const uint32_t rates[] = {1, 8000, 11025, 44100, 48000, 96000};
    float in[64] = {0};
    g_autofree float *out = g_new(float, 64 * 96001);

    for (size_t i = 1; i < ARRAY_SIZE(rates); i++) {
        for (size_t o = 1; o < ARRAY_SIZE(rates); o++) {
            AudioResampler r;
            uint64_t taken = 0, made = 0;

            audio_resampler_init(&r, rates[i], rates[o], 1);
            for (int round = 0; round < 500; round++) {
                size_t n = round % 64;
                size_t room = audio_resampler_can_take(&r, 40);
                size_t got;

                n = MIN(n, room);
                got = audio_resample(&r, in, n, out);
                g_assert_cmpuint(got, <=, 40);
                taken += n;
                made += got;
            }
            g_assert_cmpfloat_with_epsilon(made, (double)taken * rates[o] / rates[i], 1.01);
        }
    }
}

static void refused(const char *arg, const char *what)
{
    Error *err = NULL;

    g_assert_null(audio_be_new_from_arg(arg, &err));
    if (!strstr(error_get_pretty(err), what)) {
        g_error("%s: \"%s\" lacks \"%s\"", arg, error_get_pretty(err), what);
    }
    error_free(err);
}

static void test_settings(void)
{
    Error *err = NULL;
    AudiodevList *list;

    audio_be_new_from_arg("none,id=a", &error_abort);
    audio_be_new_from_arg("{\"driver\": \"none\", \"id\": \"b\", \"out\": {\"frequency\": 8000}}",
                          &error_abort);
    refused("none,id=a", "'a' already");
    refused("none", "id");
    refused("nosuch,id=c", "nosuch");
    refused("none,id=c,out.frequency=0", "out.frequency=0");
    refused("none,id=c,in.channels=17", "in.channels=17");
    refused("none,id=c,timer-period=1", "timer-period=1");
    refused("none,id=c,out.mixing-engine=off,out.frequency=8000", "out.fixed-settings");
    refused("none,id=c,out.fixed-settings=on,out.mixing-engine=off", "out.mixing-engine");

    list = audio_be_list();
    g_assert_cmpstr(list->value->id, ==, "a");
    g_assert_cmpuint(list->value->u.none.out->frequency, ==, 44100);
    g_assert_cmpuint(list->next->value->u.none.out->frequency, ==, 8000);
    g_assert_null(list->next->next);
    qapi_free_AudiodevList(list);

    g_assert_null(audio_be_by_name("c", &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "'c'"));
    error_free(err);
    audio_cleanup();
}

typedef struct Tone {
    SWVoiceOut *voice;
    size_t written, limit; /* bytes */
    size_t all_room;       /* of an empty voice */
    bool drained;          /* all that was written has been mixed */
} Tone;

static void tone_callback(void *opaque, size_t bytes)
{
    Tone *t = opaque;
    int16_t samples[2048];

    for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
        samples[i] = 0x2000;
    }
    t->all_room = t->written ? t->all_room : bytes;
    t->drained = t->written == t->limit && bytes == t->all_room;
    while (bytes >= 2 && t->written < t->limit) {
        size_t n = AUD_write(t->voice, samples,
                             MIN(MIN(bytes & ~1, sizeof(samples)), t->limit - t->written));

        t->written += n;
        bytes -= n;
        if (!n) {
            break;
        }
    }
}

static void test_wav(void)
{
    g_autofree char *dir = g_dir_make_tmp("rhea-audio-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "out.wav", NULL);
    g_autofree char *arg = g_strdup_printf("wav,id=w,path=%s,out.frequency=48000", path);
    AudioBackend *be = audio_be_new_from_arg(arg, &error_abort);
    struct audsettings as = {.freq = 8000, .nchannels = 1, .fmt = AUDIO_FORMAT_S16};
    Tone tone = {.limit = 800};
    g_autofree char *text = NULL;
    gsize len;
    int loud = 0;

    tone.voice = AUD_open_out(be, "tone", &tone, tone_callback, &as, &error_abort);
    AUD_set_active_out(tone.voice, true);
    while (!tone.drained) {
        main_loop_wait(false);
    }
    AUD_close_out(tone.voice);
    audio_cleanup();

    g_assert_true(g_file_get_contents(path, &text, &len, NULL));
    g_assert_cmpmem(text, 4, "RIFF", 4);
    g_assert_cmpuint(ldl_le_p(text + 4), ==, len - 8);
    g_assert_cmpuint(ldl_le_p(text + 24), ==, 48000);
    g_assert_cmpuint(ldl_le_p(text + 40), ==, len - 44);
    for (size_t i = 44; i + 1 < len; i += 2) {
        int16_t sample = lduw_le_p(text + i);

        g_assert_cmpint(sample, >=, 0);
        g_assert_cmpint(sample, <=, 0x2000);
        loud += sample == 0x2000;
    }
    /* 400 frames at 8 kHz are 2400 at 48 kHz, on two channels; the first rises from silence. */
    g_assert_cmpint(loud, >=, 2 * 2388);
    g_assert_cmpint(loud, <=, 2 * 2400);
    unlink(path);
    rmdir(dir);
}

static void self_closing(void *opaque, size_t bytes)
{
    SWVoiceOut **voice = opaque;

    AUD_close_out(*voice);
    *voice = NULL;
}

/* A device may close its voice from the callback. */
static void test_close_in_callback(void)
{
    AudioBackend *be = audio_be_new_from_arg("none,id=x", &error_abort);
    struct audsettings as = {.freq = 44100, .nchannels = 2, .fmt = AUDIO_FORMAT_S16};
    SWVoiceOut *voice = NULL;

    voice = AUD_open_out(be, "closing", &voice, self_closing, &as, &error_abort);
    AUD_set_active_out(voice, true);
    while (voice) {
        main_loop_wait(false);
    }
    audio_cleanup();
}

typedef struct Recorder {
    SWVoiceIn *voice;
    size_t got;
} Recorder;

static void record_callback(void *opaque, size_t bytes)
{
    Recorder *r = opaque;
    uint8_t buf[4096];
    size_t n = AUD_read(r->voice, buf, MIN(bytes, sizeof(buf)));

    for (size_t i = 0; i < n; i++) {
        g_assert_cmpint(buf[i], ==, 0x80);
    }
    r->got += n;
}

static void test_record_silence(void)
{
    AudioBackend *be = audio_be_new_from_arg("none,id=x", &error_abort);
    struct audsettings as = {.freq = 8000, .nchannels = 1, .fmt = AUDIO_FORMAT_U8};
    Recorder r = {0};

    r.voice = AUD_open_in(be, "mic", &r, record_callback, &as, &error_abort);
    AUD_set_active_in(r.voice, true);
    while (r.got < 400) {
        main_loop_wait(false);
    }
    AUD_close_in(r.voice);
    audio_cleanup();
}

/* At the end of the process back ends may go before the devices. */
static void test_voices_outlive_backend(void)
{
    AudioBackend *be = audio_be_new_from_arg("none,id=x", &error_abort);
    struct audsettings as = {.freq = 8000, .nchannels = 1, .fmt = AUDIO_FORMAT_U8};
    Recorder r = {0};
    SWVoiceOut *idle, *out;
    uint8_t buf[512] = {0};

    r.voice = AUD_open_in(be, "mic", &r, record_callback, &as, &error_abort);
    idle = AUD_open_out(be, "idle", NULL, NULL, &as, &error_abort);
    out = AUD_open_out(be, "out", NULL, NULL, &as, &error_abort);
    AUD_set_active_in(r.voice, true);
    AUD_set_active_out(out, true);
    audio_cleanup();
    for (int i = 0; i < 10; i++) {
        AUD_write(out, buf, sizeof(buf));
        AUD_read(r.voice, buf, sizeof(buf));
    }
    AUD_set_active_out(idle, true);
    AUD_set_active_out(out, false);
    AUD_set_active_out(out, true);
    AUD_close_out(idle);
    AUD_close_out(out);
    AUD_close_in(r.voice);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/audio/formats", test_formats);
    g_test_add_func("/audio/nan", test_nan);
    g_test_add_func("/audio/rates", test_rates);
    g_test_add_func("/audio/settings", test_settings);
    g_test_add_func("/audio/wav", test_wav);
    g_test_add_func("/audio/close-in-callback", test_close_in_callback);
    g_test_add_func("/audio/record-silence", test_record_silence);
    g_test_add_func("/audio/voices-outlive-backend", test_voices_outlive_backend);
    return g_test_run();
}
