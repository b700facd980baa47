/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of QMP and HMP that measure how fast the guest writes to its memory. */

#include "qemu/osdep.h"
#include "commands.h"
#include "migration/dirtyrate.h"
#include "qapi/qapi-commands-migration.h"
#include "qobject/qdict.h"

#define MIN_TIME_MS      50
#define MAX_TIME_MS      60000
#define MIN_SAMPLE_PAGES 128
#define MAX_SAMPLE_PAGES 16384
#define SAMPLE_PAGES     512

/* ---- QMP ---- */

static bool check_request(const DirtyRateRequest *request, int64_t calc_time, int64_t sample_pages,
                          bool has_sample_pages, Error **errp)
{
    bool samples = request->mode == DIRTY_RATE_MEASURE_MODE_PAGE_SAMPLING;

    if (request->mode == DIRTY_RATE_MEASURE_MODE_DIRTY_RING) {
        error_setg(errp,
                   "argument 'mode': 'dirty-ring' needs processors that keep one, which these "
                   "do not; 'dirty-bitmap' counts as well");
    } else if (request->time_ms < MIN_TIME_MS || request->time_ms > MAX_TIME_MS) {
        error_setg(errp, "argument 'calc-time': expected %d ms to %d s, got %" PRId64, MIN_TIME_MS,
                   MAX_TIME_MS / 1000, calc_time);
    } else if (has_sample_pages && !samples) {
        error_setg(errp, "argument 'sample-pages' is for the mode 'page-sampling'");
    } else if (sample_pages < MIN_SAMPLE_PAGES || sample_pages > MAX_SAMPLE_PAGES) {
        error_setg(errp, "argument 'sample-pages': expected %d to %d, got %" PRId64,
                   MIN_SAMPLE_PAGES, MAX_SAMPLE_PAGES, sample_pages);
    } else {
        return true;
    }
    return false;
}

void qmp_calc_dirty_rate(int64_t calc_time, bool has_calc_time_unit, TimeUnit calc_time_unit,
                         bool has_sample_pages, int64_t sample_pages, bool has_mode,
                         DirtyRateMeasureMode mode, Error **errp)
{
    bool in_ms = has_calc_time_unit && calc_time_unit == TIME_UNIT_MILLISECOND;
    DirtyRateRequest request = {
        .mode = has_mode ? mode : DIRTY_RATE_MEASURE_MODE_PAGE_SAMPLING,
        /* Far from what would overflow. */
        .time_ms = MIN(MAX(calc_time, 0), MAX_TIME_MS + 1) * (in_ms ? 1 : 1000),
    };

    if (!has_sample_pages) {
        sample_pages = SAMPLE_PAGES;
    }
    if (check_request(&request, calc_time, sample_pages, has_sample_pages, errp)) {
        request.sample_pages = sample_pages;
        dirty_rate_start(&request, errp);
    }
}

DirtyRateInfo *qmp_query_dirty_rate(bool has_calc_time_unit, TimeUnit calc_time_unit, Error **errp)
{
    DirtyRateInfo *info = g_new0(DirtyRateInfo, 1);
    DirtyRateReport report;

    dirty_rate_query(&report);
    info->status = report.status;
    info->start_time = report.start_s;
    info->calc_time_unit = has_calc_time_unit ? calc_time_unit : TIME_UNIT_SECOND;
    info->calc_time =
        report.request.time_ms / (info->calc_time_unit == TIME_UNIT_MILLISECOND ? 1 : 1000);
    info->sample_pages = report.request.sample_pages;
    info->mode = report.request.mode;
    info->has_dirty_rate = report.status == DIRTY_RATE_STATUS_MEASURED;
    info->dirty_rate = report.rate;
    return info;
}

/* ---- HMP ---- */

static void hmp_calc_dirty_rate(Monitor *mon, const QDict *args)
{
    bool ring = qdict_get_try_bool(args, "-r", false),
         bitmap = qdict_get_try_bool(args, "-b", false);
    bool has_pages = qdict_haskey(args, "sample_pages_per_GB");
    Error *err = NULL;

    if (ring && bitmap) {
        monitor_printf(mon, "Error: -r and -b: only one of them\n");
        return;
    }
    qmp_calc_dirty_rate(qdict_get_int(args, "second"), false, 0, has_pages,
                        qdict_get_try_int(args, "sample_pages_per_GB", 0), true,
                        ring     ? DIRTY_RATE_MEASURE_MODE_DIRTY_RING
                        : bitmap ? DIRTY_RATE_MEASURE_MODE_DIRTY_BITMAP
                                 : DIRTY_RATE_MEASURE_MODE_PAGE_SAMPLING,
                        &err);
    hmp_handle_error(mon, err);
}

static void info_dirty_rate(Monitor *mon, const QDict *args)
{
    g_autoptr(DirtyRateInfo) info = qmp_query_dirty_rate(false, 0, &error_abort);

    monitor_printf(mon, "Status: %s\n", DirtyRateStatus_str(info->status));
    if (info->status == DIRTY_RATE_STATUS_UNSTARTED) {
        return;
    }
    monitor_printf(mon, "Start Time: %" PRId64 " (s)\n", info->start_time);
    if (info->mode == DIRTY_RATE_MEASURE_MODE_PAGE_SAMPLING) {
        monitor_printf(mon, "Sample Pages: %" PRIu64 " (per GB)\n", info->sample_pages);
    }
    monitor_printf(mon, "Period: %" PRId64 " (sec)\nMode: %s\n", info->calc_time,
                   DirtyRateMeasureMode_str(info->mode));
    if (info->has_dirty_rate) {
        monitor_printf(mon, "Dirty rate: %" PRId64 " (MB/s)\n", info->dirty_rate);
    } else {
        monitor_printf(mon, "Dirty rate: (not ready)\n");
    }
}

static const HMPCommand hmp_commands[] = {
    {"calc_dirty_rate", "-r,-b,second:l,sample_pages_per_GB:l?",
     "[-r] [-b] second [sample_pages_per_GB]",
     "measures how fast the guest writes to memory; -b: counts all pages, -r: by KVM's ring",
     hmp_calc_dirty_rate},
};

static const HMPCommand hmp_info_commands[] = {
    {"dirty_rate", "", "", "how fast the guest wrote to memory", info_dirty_rate},
};

void hmp_register_dirtyrate(void)
{
    hmp_register_commands(hmp_commands, ARRAY_SIZE(hmp_commands), false);
    hmp_register_commands(hmp_info_commands, ARRAY_SIZE(hmp_info_commands), true);
}
