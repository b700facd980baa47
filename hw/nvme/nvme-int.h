/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express: what the files of the device share.
 *
 *   nvme.c      PCI function, registers, life     dma.c       PRPs and SGLs
 *   queue.c     rings, doorbells, interrupts      io.c        read, write, flush
 *   request.c   requests, errors, retries         io-co.c     commands of several steps
 *   admin.c     admin commands                    identify.c, feature.c, log.c
 *   ns.c        namespaces                        subsys.c    subsystems
 *   state.c     saved state
 *
 * Everything runs with the BQL held: registers in a vCPU's thread, requests in the main loop.
 */
#ifndef HW_NVME_INT_H
#define HW_NVME_INT_H

#include "hw/block/block.h"
#include "hw/pci/pci.h"
#include "nvme-regs.h"
#include "qemu/iov.h"
#include "qemu/queue.h"
#include "qemu/uuid.h"
#include "system/dma.h"
#include "system/hostmem.h"
#include "system/runstate.h"

#define NVME_MAX_NAMESPACES  256
#define NVME_MAX_CONTROLLERS 32
#define NVME_MAX_IOQPAIRS    0xffff
#define NVME_EVENTS_QUEUED   64
#define NVME_LBA_FORMATS     4 /* 512, 1024, 2048, 4096 */

/* Reported where there is nothing to measure (5.14.1.2): kelvin, hours. */
#define NVME_TEMPERATURE          0x143
#define NVME_TEMPERATURE_WARNING  0x157
#define NVME_TEMPERATURE_CRITICAL 0x175

typedef struct NvmeCtrl NvmeCtrl;
typedef struct NvmeNamespace NvmeNamespace;
typedef struct NvmeSubsystem NvmeSubsystem;
typedef struct NvmeSQueue NvmeSQueue;
typedef struct NvmeCQueue NvmeCQueue;
typedef struct NvmeRequest NvmeRequest;

#define TYPE_NVME "nvme"
OBJECT_DECLARE_SIMPLE_TYPE(NvmeCtrl, NVME)
#define TYPE_NVME_NS "nvme-ns"
OBJECT_DECLARE_SIMPLE_TYPE(NvmeNamespace, NVME_NS)
#define TYPE_NVME_SUBSYS "nvme-subsys"
OBJECT_DECLARE_SIMPLE_TYPE(NvmeSubsystem, NVME_SUBSYS)
#define TYPE_NVME_BUS "nvme-bus"

/* ---- commands and requests ---- */

/* A submission queue entry in host byte order. */
typedef struct NvmeCommand {
    uint32_t dw[16];
} NvmeCommand;

static inline uint8_t nvme_opcode(const NvmeCommand *cmd)
{
    return cmd->dw[0];
}

static inline uint16_t nvme_cid(const NvmeCommand *cmd)
{
    return cmd->dw[0] >> 16;
}

static inline uint64_t nvme_slba(const NvmeCommand *cmd)
{
    return cmd->dw[10] | (uint64_t)cmd->dw[11] << 32;
}

static inline uint64_t nvme_qword(const NvmeCommand *cmd, unsigned i)
{
    return cmd->dw[i] | (uint64_t)cmd->dw[i + 1] << 32;
}

/* Where a command's data is: pieces of guest memory, and how we reach them. */
typedef struct NvmeData {
    ScatterGatherEntry *segs;
    unsigned nsegs, allocated;
    uint64_t size;
    bool mapped;
    DMADirection dir;
    QEMUIOVector qiov;
    uint8_t *bounce; /* for pieces that are not RAM */
} NvmeData;

struct NvmeRequest {
    NvmeCtrl *ctrl;
    NvmeSQueue *sq;
    NvmeNamespace *ns;
    NvmeCommand cmd;
    uint32_t result; /* dword 0 of the completion */
    uint16_t status;
    uint16_t sqid, sqhd; /* of the completion */
    bool aborted;        /* by an Abort command or the deletion of its queue */
    bool is_write;       /* which error policy counts */
    BlockAIOCB *aiocb;
    BlockAcctCookie acct;
    NvmeData data;
    uint16_t (*co_fn)(NvmeRequest *req); /* coroutine_fn */
    QTAILQ_ENTRY(NvmeRequest) entry;
    QTAILQ_ENTRY(NvmeRequest) co_entry; /* co_waiting */
};

typedef QTAILQ_HEAD(NvmeRequestList, NvmeRequest) NvmeRequestList;

/* What nvme_*() of a command return when the request completes later. */
#define NVME_NO_COMPLETE 0xffff

struct NvmeSQueue {
    NvmeCtrl *ctrl;
    uint16_t sqid, cqid;
    uint16_t head, tail;
    uint32_t size;
    uint64_t addr;
    uint64_t db_addr, ei_addr; /* shadow doorbell and event index; 0: none */
    QEMUBH *bh;
    EventNotifier notifier; /* ioeventfd=on */
    bool notifier_used;
    bool deleting; /* waits for its requests */
    NvmeRequest *delete_req;
    uint32_t inflight_count;
    NvmeRequestList inflight;
    NvmeRequestList parked; /* failed, to be tried again when the machine runs */
};

struct NvmeCQueue {
    NvmeCtrl *ctrl;
    uint16_t cqid;
    bool phase, irq_enabled;
    uint16_t head, tail;
    uint16_t vector;
    uint32_t size;
    uint32_t users; /* submission queues */
    uint64_t addr;
    uint64_t db_addr, ei_addr;
    QEMUBH *bh;
    NvmeRequestList done; /* to be posted, oldest first */
};

/* ---- namespaces and subsystems ---- */

/*
 * A namespace: a device of its own, or, for the drive= of a controller, a part of that and then no
 * object.
 */
struct NvmeNamespace {
    DeviceState parent_obj;

    /* configuration */
    BlockConf conf;
    uint32_t nsid;
    QemuUUID uuid;
    uint64_t eui64;
    bool eui64_default;
    char *nguid_text; /* of the property; what it comes to: */
    uint8_t nguid[16];
    bool shared, detached;
    uint16_t mssrl;
    uint32_t mcl;
    uint8_t msrc;
    int32_t bootindex;

    /* wiring */
    NvmeSubsystem *subsys; /* where it is known; NULL: in one controller */
    NvmeCtrl *ctrl;        /* else this */
    unsigned attached;     /* controllers */

    /* state */
    uint8_t lba_format;
    bool formatting;
    uint64_t reads, writes, read_units, write_units; /* commands; 512 bytes */
};

struct NvmeSubsystem {
    DeviceState parent_obj;

    char *nqn;
    char subnqn[256];
    NvmeCtrl *ctrls[NVME_MAX_CONTROLLERS];
    NvmeNamespace *namespaces[NVME_MAX_NAMESPACES + 1];
};

static inline unsigned nvme_ns_shift(const NvmeNamespace *ns)
{
    return 9 + ns->lba_format;
}

uint64_t nvme_ns_blocks(NvmeNamespace *ns);
/* Check and begin to use what was configured. False with @errp. */
bool nvme_ns_setup(NvmeNamespace *ns, Error **errp);
void nvme_ns_cleanup(NvmeNamespace *ns);
/* Tell controllers that show it that it changed. */
void nvme_ns_changed(NvmeNamespace *ns);
extern const VMStateDescription vmstate_nvme_ns;

/* A place for @n in its subsystem, or an error. */
int nvme_subsys_register(NvmeCtrl *n, Error **errp);
void nvme_subsys_unregister(NvmeCtrl *n);

/* ---- the controller ---- */

typedef struct NvmeParams {
    char *serial;
    uint32_t num_queues; /* older name: I/O queue pairs and the admin queue */
    uint32_t max_ioqpairs;
    uint16_t msix_qsize;
    uint16_t mqes;
    uint32_t cmb_size_mb;
    uint8_t aerl;
    uint32_t aer_max_queued;
    uint8_t mdts, vsl;
    bool use_intel_id;
    bool legacy_cmb;
    bool ioeventfd;
    bool dbcs;
    bool msix_exclusive_bar;
    char *model, *firmware;
} NvmeParams;

typedef struct NvmeEvent {
    uint8_t type, info, log_page;
} NvmeEvent;

/* An entry of the error log (5.14.1.1). */
typedef struct NvmeErrorEntry {
    uint64_t count;
    uint16_t sqid, cid, status, location;
    uint64_t lba;
    uint32_t nsid;
} NvmeErrorEntry;

#define NVME_ERROR_ENTRIES 8

/* Everything that a reset of the controller clears or sets. */
typedef struct NvmeState {
    uint32_t cc, csts, aqa, intms;
    uint64_t asq, acq;
    uint32_t irq_status;
    uint64_t cmbmsc;
    uint32_t cmbsts;

    uint32_t arbitration, power;
    uint32_t temperature_over, temperature_under;
    uint32_t async_config;
    uint64_t timestamp; /* ms since 1970, as of: */
    int64_t timestamp_set_ns;
    uint8_t timestamp_origin;
    uint64_t db_base, ei_base; /* shadow doorbells */

    uint8_t events_masked; /* by type: until the log page was read */
    uint32_t event_count;
    NvmeEvent events[NVME_EVENTS_QUEUED];
    uint64_t changed_ns[NVME_MAX_NAMESPACES / 64 + 1];
} NvmeState;

struct NvmeCtrl {
    PCIDevice parent_obj;

    /* configuration */
    NvmeParams params;
    NvmeSubsystem *subsys;
    uint16_t cntlid;
    char subnqn[256];
    uint64_t cap;

    /* wiring */
    BusState bus;
    MemoryRegion bar0, iomem, cmb_mr;
    uint8_t *cmb; /* memory of the controller memory buffer */
    uint64_t cmb_size;
    NvmeNamespace namespace;                            /* of drive= */
    NvmeNamespace *namespaces[NVME_MAX_NAMESPACES + 1]; /* attached, by identifier */
    NvmeSQueue **sq;
    NvmeCQueue **cq;
    unsigned nqueues; /* with the admin queue */
    VMChangeStateEntry *vmstate_change;
    NvmeRequestList free_requests;

    /* state */
    NvmeState s;
    uint32_t inflight;    /* requests that somebody works on, in all queues */
    bool stopping;        /* a reset waits for them */
    uint64_t bounce_size; /* bytes in bounce buffers */
    unsigned co_running;  /* commands of several steps at work, and those that wait */
    NvmeRequestList co_waiting;
    unsigned flushes; /* of a shutdown */
    NvmeRequestList aers;
    uint32_t aer_count;
    uint8_t critical_warning;
    uint64_t starttime_ms;
    uint64_t error_count;
    NvmeErrorEntry errors[NVME_ERROR_ENTRIES];
    uint64_t saved_attached[NVME_MAX_NAMESPACES / 64 + 1]; /* see state.c */
    uint32_t saved_size;
    uint8_t *saved;
};

static inline uint32_t nvme_page_bits(const NvmeCtrl *n)
{
    return 12 + NVME_CC_MPS(n->s.cc);
}

static inline uint64_t nvme_page_size(const NvmeCtrl *n)
{
    return 1ull << nvme_page_bits(n);
}

static inline NvmeNamespace *nvme_namespace(NvmeCtrl *n, uint32_t nsid)
{
    return nsid >= 1 && nsid <= NVME_MAX_NAMESPACES ? n->namespaces[nsid] : NULL;
}

/* nvme.c */
void nvme_attach_ns(NvmeCtrl *n, NvmeNamespace *ns);
void nvme_detach_ns(NvmeCtrl *n, NvmeNamespace *ns);
/* All requests are done that a reset of the controller waited for. */
void nvme_ctrl_stopped(NvmeCtrl *n);
/* Reset without waiting; @n has nothing in flight. */
void nvme_ctrl_clear(NvmeCtrl *n);
void nvme_ctrl_fail(NvmeCtrl *n, const char *why);

/* queue.c */
void nvme_admin_queues_create(NvmeCtrl *n);
NvmeCQueue *nvme_cq_create(NvmeCtrl *n, uint16_t cqid, uint64_t addr, uint32_t size,
                           uint16_t vector, bool irq_enabled);
NvmeSQueue *nvme_sq_create(NvmeCtrl *n, uint16_t sqid, uint16_t cqid, uint64_t addr, uint32_t size);
void nvme_cq_free(NvmeCQueue *cq);
/* What is on @cq->done goes to the driver: when the batch of requests ends, or from the main loop.
 */
void nvme_cq_post_soon(NvmeCQueue *cq);
void nvme_sq_free(NvmeSQueue *sq);
void nvme_doorbell(NvmeCtrl *n, hwaddr offset, uint32_t value);
/* Go on with whatever the queues have. */
void nvme_kick_all(NvmeCtrl *n);
void nvme_update_intx(NvmeCtrl *n);
void nvme_doorbell_buffers(NvmeCtrl *n, uint64_t doorbells, uint64_t event_indices);
uint16_t nvme_delete_sq(NvmeRequest *req);

/* request.c */
NvmeRequest *nvme_request_new(NvmeSQueue *sq);
void nvme_request_free(NvmeRequest *req);
/* Begin the command that req->cmd says. */
void nvme_request_start(NvmeRequest *req);
/* It ended with @status: give back its memory, post the completion. */
void nvme_request_complete(NvmeRequest *req, uint16_t status);
/* A block request of it ended. Policy for errors, then completion. */
void nvme_request_io_done(NvmeRequest *req, int ret);
/* Run @fn in a coroutine; its result is the status (NVME_NO_COMPLETE: it was parked). */
uint16_t nvme_request_run_co(NvmeRequest *req, uint16_t (*fn)(NvmeRequest *req));
/* Status of a block error, or NVME_NO_COMPLETE when the request is kept for another try. */
uint16_t nvme_request_error(NvmeRequest *req, int ret);
void nvme_restart_parked(NvmeCtrl *n);
void nvme_cancel_all(NvmeCtrl *n, NvmeSQueue *sq);
void nvme_log_error(NvmeRequest *req);

/* dma.c */
bool nvme_cmb_translate(NvmeCtrl *n, uint64_t addr, uint64_t len, uint8_t **host);
bool nvme_read_mem(NvmeCtrl *n, uint64_t addr, void *buf, uint64_t len);
bool nvme_write_mem(NvmeCtrl *n, uint64_t addr, const void *buf, uint64_t len);
/* Where the command's @len bytes of data are: req->data. */
uint16_t nvme_data_parse(NvmeRequest *req, uint64_t len);
/* ... and make them reachable as req->data.qiov, for a block request. */
uint16_t nvme_data_map(NvmeRequest *req, uint64_t len, DMADirection dir);
/* Done: with a bounce buffer and @ok, copy to the guest. False: that failed. */
bool nvme_data_unmap(NvmeRequest *req, bool ok);
/* Copies for small commands: at most @len bytes, to or from what the command says. */
uint16_t nvme_data_to_guest(NvmeRequest *req, const void *buf, uint64_t len);
uint16_t nvme_data_from_guest(NvmeRequest *req, void *buf, uint64_t len);

/* admin.c, io.c, io-co.c: start a command; status, or NVME_NO_COMPLETE. */
uint16_t nvme_admin_command(NvmeRequest *req);
uint16_t nvme_io_command(NvmeRequest *req);
uint16_t nvme_co_compare(NvmeRequest *req);
uint16_t nvme_co_dsm(NvmeRequest *req);
uint16_t nvme_co_verify(NvmeRequest *req);
uint16_t nvme_co_copy(NvmeRequest *req);
uint16_t nvme_format(NvmeRequest *req);
uint16_t nvme_check_bounds(NvmeNamespace *ns, uint64_t slba, uint64_t nlb);

/* identify.c, feature.c, log.c */
uint16_t nvme_identify(NvmeRequest *req);
uint16_t nvme_get_features(NvmeRequest *req);
uint16_t nvme_set_features(NvmeRequest *req);
void nvme_features_reset(NvmeCtrl *n);
uint16_t nvme_get_log_page(NvmeRequest *req);
uint16_t nvme_async_event_request(NvmeRequest *req);
void nvme_event(NvmeCtrl *n, uint8_t type, uint8_t info, uint8_t log_page);
void nvme_events_deliver(NvmeCtrl *n);
void nvme_set_critical_warning(NvmeCtrl *n, uint8_t value);
/* Effects of a command, 0 when it is not supported. */
uint32_t nvme_admin_effects(const NvmeCtrl *n, uint8_t opcode);
uint32_t nvme_io_effects(uint8_t opcode);

/* state.c */
extern const VMStateDescription vmstate_nvme;

#endif
