/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast a guest writes to memory. Main thread, BQL held. */
#ifndef MIGRATION_DIRTYRATE_H
#define MIGRATION_DIRTYRATE_H

#include "qapi/error.h"
#include "qapi/qapi-types-migration.h"

typedef struct DirtyRateRequest {
    DirtyRateMeasureMode mode;
    int64_t time_ms;       /* how long */
    uint64_t sample_pages; /* of each GiB; page-sampling only */
} DirtyRateRequest;

typedef struct DirtyRateReport {
    DirtyRateStatus status;
    DirtyRateRequest request; /* the last one */
    int64_t start_s;
    int64_t rate; /* MiB a second, once it is measured */
} DirtyRateReport;

/* Begins; false and @errp when one is on its way or pages cannot be counted. */
bool dirty_rate_start(const DirtyRateRequest *request, Error **errp);
void dirty_rate_query(DirtyRateReport *report);

#endif
