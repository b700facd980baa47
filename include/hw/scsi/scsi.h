/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI: buses, devices, requests.
 *
 * A host adapter has a SCSIBus. For a command it finds the device, makes a request, looks at what
 * it wants to transfer (cmd.mode, cmd.xfer), and submits it with buffers for that. The device moves
 * data between these and its medium without further questions, and completes the request once: the
 * adapter's complete() is called, perhaps before scsi_req_submit() returns.
 *
 *   dev = scsi_device_get(bus, 0, target, lun);
 *   req = scsi_req_new(dev, tag, lun, cdb, cdb_len, mine);
 *   scsi_req_submit(req, &qiov);         ... info->complete(req)
 *   scsi_req_unref(req);                   when the adapter has done with it
 *
 * Threads: a request is made, submitted and completed in one thread (that of an AioContext; with
 * the BQL or, where the adapter allows it, without). A device may have requests in several. Its
 * lock guards what it shares among them; neither the bus's nor a device's lock is held across a
 * call-out.
 */
#ifndef HW_SCSI_SCSI_H
#define HW_SCSI_SCSI_H

#include "hw/block/block.h"
#include "hw/qdev-core.h"
#include "hw/scsi/scsi-regs.h"
#include "migration/vmstate.h"
#include "qemu/iov.h"
#include "qemu/lockable.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "system/runstate.h"

#define SCSI_CDB_MAX   32
#define SCSI_SENSE_MAX 96

typedef struct SCSIBus SCSIBus;
typedef struct SCSIDevice SCSIDevice;
typedef struct SCSIRequest SCSIRequest;

typedef struct SCSISense {
    uint8_t key, asc, ascq;
} SCSISense;

/* Sense codes by name. */
#define SENSE_CODE(x) scsi_sense_##x
extern const SCSISense scsi_sense_NO_SENSE, scsi_sense_LUN_NOT_READY, scsi_sense_NO_MEDIUM,
    scsi_sense_NOT_READY_REMOVAL_PREVENTED, scsi_sense_TARGET_FAILURE, scsi_sense_IO_ERROR_READ,
    scsi_sense_IO_ERROR_WRITE, scsi_sense_INVALID_OPCODE, scsi_sense_LBA_OUT_OF_RANGE,
    scsi_sense_INVALID_FIELD, scsi_sense_INVALID_PARAM, scsi_sense_INVALID_PARAM_VALUE,
    scsi_sense_INVALID_PARAM_LEN, scsi_sense_LUN_NOT_SUPPORTED, scsi_sense_SAVING_PARAMS,
    scsi_sense_INCOMPATIBLE_MEDIUM, scsi_sense_ILLEGAL_REQ_REMOVAL_PREVENTED,
    scsi_sense_SPACE_ALLOC_FAILED, scsi_sense_WRITE_PROTECTED, scsi_sense_RESET,
    scsi_sense_MEDIUM_CHANGED, scsi_sense_CAPACITY_CHANGED, scsi_sense_REPORTED_LUNS_CHANGED,
    scsi_sense_DEVICE_INTERNAL_RESET, scsi_sense_MISCOMPARE, scsi_sense_IO_ERROR,
    scsi_sense_MODE_CHANGED, scsi_sense_ILLEGAL_MODE;

typedef enum SCSIXferMode {
    SCSI_XFER_NONE,
    SCSI_XFER_FROM_DEV,
    SCSI_XFER_TO_DEV,
} SCSIXferMode;

typedef struct SCSICommand {
    uint8_t buf[SCSI_CDB_MAX];
    int len;
    size_t xfer; /* bytes that the command says */
    uint64_t lba;
    SCSIXferMode mode;
} SCSICommand;

/* ---- requests ---- */

typedef struct SCSIReqOps {
    /*
     * Begin. The request is in the device's list; end it by scsi_req_complete() and its like, now
     * or later. May be called again for a request that was kept (scsi_req_keep).
     */
    void (*start)(SCSIRequest *req);
    /* Ask for an early end; the thread of the request. Optional. */
    void (*cancel)(SCSIRequest *req);
    void (*free)(SCSIRequest *req);
    size_t size;
} SCSIReqOps;

struct SCSIRequest {
    SCSIBus *bus;
    SCSIDevice *dev;
    const SCSIReqOps *ops;
    AioContext *ctx; /* of its thread */
    uint32_t refcount;
    uint32_t tag, lun;
    SCSICommand cmd;
    void *hba_private;
    QEMUIOVector *data; /* the adapter's buffers, at least cmd.xfer bytes unless it cannot */
    size_t transferred;
    int16_t status; /* -1: not complete */
    uint8_t sense[SCSI_SENSE_MAX];
    uint32_t sense_len;
    bool cancelled; /* atomic */
    bool enqueued;  /* dev->lock */
    bool kept;      /* dev->lock; failed, waits for the machine to go on */
    BlockAIOCB *aiocb;
    BlockAcctCookie acct;
    GSList *cancel_waiters; /* dev->lock; of SCSICancelWaiter */
    QTAILQ_ENTRY(SCSIRequest) next;
};

/* Of @d, or for a LUN that @d is not: what the target says then. One reference for the caller. */
SCSIRequest *scsi_req_new(SCSIDevice *d, uint32_t tag, uint32_t lun, const uint8_t *cdb,
                          size_t cdb_len, void *hba_private);
/* For devices' alloc_req: a request of ops->size bytes. */
SCSIRequest *scsi_req_alloc(const SCSIReqOps *ops, SCSIDevice *d, uint32_t tag, uint32_t lun,
                            void *hba_private);
SCSIRequest *scsi_req_ref(SCSIRequest *req);
void scsi_req_unref(SCSIRequest *req);
/* @data: NULL when nothing is transferred. */
void scsi_req_submit(SCSIRequest *req, QEMUIOVector *data);
/* The end, with a status; CHECK CONDITION by the second. */
void scsi_req_complete(SCSIRequest *req, int status);
void scsi_req_fail(SCSIRequest *req, SCSISense sense);
/* A request that was cancelled is over. */
void scsi_req_cancel_complete(SCSIRequest *req);
/* Do it again when the machine goes on. */
void scsi_req_keep(SCSIRequest *req);
/*
 * Ask @req to end early; @done(@opaque) is called in its thread when it is over. False, without a
 * call, when it is over already. @done may be NULL.
 */
bool scsi_req_cancel_async(SCSIRequest *req, void (*done)(void *opaque), void *opaque);
/* A request of a saved state, which waits for the machine to go on. */
void scsi_req_restore(SCSIRequest *req, QEMUIOVector *data);
/* Copies for commands with few data: how many bytes there was room for, resp. were given. */
size_t scsi_req_data_in(SCSIRequest *req, const void *buf, size_t len);
size_t scsi_req_data_out(SCSIRequest *req, void *buf, size_t len);
/* data_in, and complete. */
void scsi_req_reply(SCSIRequest *req, const void *buf, size_t len);
/* Sense data of fixed format (SPC-4, 4.5.3) in @buf; its length. */
int scsi_build_sense(uint8_t *buf, SCSISense sense);

/* ---- commands (scsi-cdb.c) ---- */

/* Length by the operation code's group; -1: reserved. */
int scsi_cdb_length(const uint8_t *buf);
/* Fill in @cmd from what is in its buf; @blocksize: of the device. False: it is no command. */
bool scsi_parse_cdb(SCSICommand *cmd, int type, uint32_t blocksize);

/* ---- devices ---- */

#define TYPE_SCSI_DEVICE "scsi-device"
OBJECT_DECLARE_TYPE(SCSIDevice, SCSIDeviceClass, SCSI_DEVICE)

struct SCSIDeviceClass {
    DeviceClass parent_class;

    void (*realize)(SCSIDevice *dev, Error **errp);
    void (*unrealize)(SCSIDevice *dev);
    /* Fill in @cmd in another way than scsi_parse_cdb(). Optional. */
    bool (*parse_cdb)(SCSIDevice *dev, SCSICommand *cmd);
    SCSIRequest *(*alloc_req)(SCSIDevice *dev, uint32_t tag, uint32_t lun, uint8_t *cdb,
                              void *hba_private);
};

struct SCSIDevice {
    DeviceState qdev;

    /* configuration */
    BlockConf conf;
    uint32_t channel, id, lun;
    uint32_t blocksize;
    int type;
    uint64_t max_lba; /* last block */
    uint64_t wwn, port_wwn;
    int scsi_version;

    /* wiring */
    VMChangeStateEntry *vmstate_change;
    QemuMutex lock;

    /* state; guarded by lock */
    SCSISense unit_attention;
    QTAILQ_HEAD(, SCSIRequest) requests;
};

#define VMSTATE_SCSI_DEVICE(_field, _state)                                                        \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_scsi_device, SCSIDevice)
extern const VMStateDescription vmstate_scsi_device;

/* Cancel all requests and wait for their end. Main thread, BQL held. */
void scsi_device_purge_requests(SCSIDevice *d, SCSISense sense);
/* A unit attention, unless a more important one is pending. Any thread. */
void scsi_device_set_ua(SCSIDevice *d, SCSISense sense);
/* And tell the adapter. */
void scsi_device_report_change(SCSIDevice *d, SCSISense sense);

/* ---- buses ---- */

typedef struct SCSIBusInfo {
    int max_channel, max_target, max_lun;
    /* The request has its status; residual: what of the buffers was not used. */
    void (*complete)(SCSIRequest *req, size_t residual);
    void (*cancelled)(SCSIRequest *req);
    /* BQL held. Optional, all. */
    void (*change)(SCSIBus *bus, SCSIDevice *dev, SCSISense sense);
    void (*save_request)(QEMUFile *f, SCSIRequest *req);
    /* Make the request again and scsi_req_restore() it; false when it cannot be. */
    bool (*load_request)(QEMUFile *f, SCSIDevice *dev);
} SCSIBusInfo;

#define TYPE_SCSI_BUS "SCSI"
OBJECT_DECLARE_SIMPLE_TYPE(SCSIBus, SCSI_BUS)

struct SCSIBus {
    BusState qbus;
    const SCSIBusInfo *info;
    QemuMutex lock;
    GPtrArray *devices;       /* realized ones; lock */
    SCSISense unit_attention; /* of whichever device is asked first; lock */
};

void scsi_bus_init(SCSIBus *bus, size_t size, DeviceState *host, const SCSIBusInfo *info,
                   const char *name);
/* Before the host adapter goes. */
void scsi_bus_cleanup(SCSIBus *bus);
/*
 * The device at this place, or, if it has no such LUN, another one of the target, which will speak
 * for it; NULL without target. A reference for the caller.
 */
SCSIDevice *scsi_device_get(SCSIBus *bus, int channel, int id, int lun);
static inline SCSIBus *scsi_bus_from_device(SCSIDevice *d)
{
    return SCSI_BUS(qdev_get_parent_bus(DEVICE(d)));
}
/* All devices, each with a reference; free it with g_ptr_array_unref(). */
GPtrArray *scsi_bus_devices(SCSIBus *bus);
void scsi_bus_set_ua(SCSIBus *bus, SCSISense sense);

/* What a target says for any LUN: REPORT LUNS; and for one that is not there (scsi-target.c). */
SCSIRequest *scsi_target_req_new(SCSIDevice *d, uint32_t tag, uint32_t lun, void *hba_private);
/* Answers every command with @sense. */
SCSIRequest *scsi_sense_req_new(SCSIDevice *d, uint32_t tag, uint32_t lun, void *hba_private,
                                SCSISense sense);

#endif
