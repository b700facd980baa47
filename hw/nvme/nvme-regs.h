/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers, opcodes, status codes and layouts of NVM Express 1.4 (chapter numbers are of it). */
#ifndef HW_NVME_REGS_H
#define HW_NVME_REGS_H

#include "qemu/bitops.h"

/* ---- controller registers (3.1) ---- */

enum {
    NVME_REG_CAP = 0x00,
    NVME_REG_VS = 0x08,
    NVME_REG_INTMS = 0x0c,
    NVME_REG_INTMC = 0x10,
    NVME_REG_CC = 0x14,
    NVME_REG_CSTS = 0x1c,
    NVME_REG_NSSR = 0x20,
    NVME_REG_AQA = 0x24,
    NVME_REG_ASQ = 0x28,
    NVME_REG_ACQ = 0x30,
    NVME_REG_CMBLOC = 0x38,
    NVME_REG_CMBSZ = 0x3c,
    NVME_REG_CMBMSC = 0x50,
    NVME_REG_CMBSTS = 0x58,
    NVME_REG_DOORBELLS = 0x1000,
};

#define NVME_VERSION            0x00010400u

#define NVME_CAP_CQR            BIT_ULL(16) /* queues are contiguous */
#define NVME_CAP_TO(n)          ((uint64_t)(n) << 24)
#define NVME_CAP_CSS_NVM        BIT_ULL(37)
#define NVME_CAP_CSS_CSI        BIT_ULL(43)
#define NVME_CAP_CSS_NONE       BIT_ULL(44) /* no I/O command set at all can be chosen */
#define NVME_CAP_MPSMAX         ((uint64_t)4 << 52)
#define NVME_CAP_CMBS           BIT_ULL(57)

#define NVME_CC_EN              BIT(0)
#define NVME_CC_CSS(cc)         extract32(cc, 4, 3)
#define NVME_CC_MPS(cc)         extract32(cc, 7, 4)
#define NVME_CC_AMS(cc)         extract32(cc, 11, 3)
#define NVME_CC_SHN(cc)         extract32(cc, 14, 2)
#define NVME_CC_SQES(cc)        extract32(cc, 16, 4)
#define NVME_CC_CQES(cc)        extract32(cc, 20, 4)
#define NVME_CC_WRITABLE        0x00fffff1u

#define NVME_CSTS_RDY           BIT(0)
#define NVME_CSTS_CFS           BIT(1)
#define NVME_CSTS_SHST          (BIT(2) | BIT(3))
#define NVME_CSTS_SHUTTING_DOWN BIT(2)
#define NVME_CSTS_SHUT_DOWN     BIT(3)

#define NVME_CSS_NVM            0
#define NVME_CSS_CSI            6
#define NVME_CSS_ADMIN          7

#define NVME_CMBMSC_CRE         BIT_ULL(0)
#define NVME_CMBMSC_CMSE        BIT_ULL(1)
#define NVME_CMBMSC_CBA(v)      ((v) & ~0xfffull)
#define NVME_CMBSTS_CBAI        BIT(0)

#define NVME_SQ_ENTRY_SIZE      64
#define NVME_CQ_ENTRY_SIZE      16

/* ---- commands (5, 6) ---- */

enum NvmeAdminOpcode {
    NVME_ADM_DELETE_SQ = 0x00,
    NVME_ADM_CREATE_SQ = 0x01,
    NVME_ADM_GET_LOG_PAGE = 0x02,
    NVME_ADM_DELETE_CQ = 0x04,
    NVME_ADM_CREATE_CQ = 0x05,
    NVME_ADM_IDENTIFY = 0x06,
    NVME_ADM_ABORT = 0x08,
    NVME_ADM_SET_FEATURES = 0x09,
    NVME_ADM_GET_FEATURES = 0x0a,
    NVME_ADM_ASYNC_EVENT = 0x0c,
    NVME_ADM_NS_ATTACHMENT = 0x15,
    NVME_ADM_DOORBELL_BUFFER = 0x7c,
    NVME_ADM_FORMAT = 0x80,
};

enum NvmeIoOpcode {
    NVME_IO_FLUSH = 0x00,
    NVME_IO_WRITE = 0x01,
    NVME_IO_READ = 0x02,
    NVME_IO_COMPARE = 0x05,
    NVME_IO_WRITE_ZEROES = 0x08,
    NVME_IO_DSM = 0x09,
    NVME_IO_VERIFY = 0x0c,
    NVME_IO_COPY = 0x19,
};

#define NVME_NSID_BROADCAST 0xffffffffu

#define NVME_RW_FUA         BIT(30) /* cdw12 */
#define NVME_WZ_DEALLOCATE  BIT(25)
#define NVME_DSM_DEALLOCATE BIT(2)

/* ---- status: code, type << 8, "do not retry" (4.6.1) ---- */

#define NVME_DNR 0x4000

enum NvmeStatus {
    NVME_SUCCESS = 0x0000,
    NVME_INVALID_OPCODE = 0x0001,
    NVME_INVALID_FIELD = 0x0002,
    NVME_CID_CONFLICT = 0x0003,
    NVME_DATA_TRANSFER_ERROR = 0x0004,
    NVME_INTERNAL_ERROR = 0x0006,
    NVME_ABORT_REQUESTED = 0x0007,
    NVME_ABORT_SQ_DELETED = 0x0008,
    NVME_INVALID_NAMESPACE = 0x000b,
    NVME_COMMAND_SEQUENCE_ERROR = 0x000c,
    NVME_INVALID_SGL_SEGMENT = 0x000d,
    NVME_INVALID_SGL_COUNT = 0x000e,
    NVME_SGL_LENGTH_INVALID = 0x000f,
    NVME_SGL_TYPE_INVALID = 0x0011,
    NVME_INVALID_CMB_USE = 0x0012,
    NVME_INVALID_PRP_OFFSET = 0x0013,
    NVME_LBA_RANGE = 0x0080,
    NVME_CAPACITY_EXCEEDED = 0x0081,
    NVME_NAMESPACE_NOT_READY = 0x0082,
    NVME_FORMAT_IN_PROGRESS = 0x0084,
    NVME_INVALID_CQID = 0x0100,
    NVME_INVALID_QID = 0x0101,
    NVME_INVALID_QUEUE_SIZE = 0x0102,
    NVME_AER_LIMIT = 0x0105,
    NVME_INVALID_VECTOR = 0x0108,
    NVME_INVALID_LOG_PAGE = 0x0109,
    NVME_INVALID_FORMAT = 0x010a,
    NVME_INVALID_QUEUE_DELETION = 0x010c,
    NVME_FEATURE_NOT_SAVEABLE = 0x010d,
    NVME_FEATURE_NOT_CHANGEABLE = 0x010e,
    NVME_FEATURE_NOT_NS_SPECIFIC = 0x010f,
    NVME_NS_ALREADY_ATTACHED = 0x0118,
    NVME_NS_PRIVATE = 0x0119,
    NVME_NS_NOT_ATTACHED = 0x011a,
    NVME_CONTROLLER_LIST_INVALID = 0x011c,
    NVME_IO_COMMAND_SET_REJECTED = 0x012b,
    NVME_READ_ONLY_RANGE = 0x0182,
    NVME_COPY_LIMIT = 0x0183,
    NVME_WRITE_FAULT = 0x0280,
    NVME_UNRECOVERED_READ = 0x0281,
    NVME_COMPARE_FAILURE = 0x0285,
};

/* ---- identify (5.15), features (5.21), log pages (5.14) ---- */

#define NVME_IDENTIFY_SIZE 4096

enum NvmeIdentifyCns {
    NVME_CNS_NAMESPACE = 0x00,
    NVME_CNS_CONTROLLER = 0x01,
    NVME_CNS_ACTIVE_LIST = 0x02,
    NVME_CNS_DESCRIPTORS = 0x03,
    NVME_CNS_CSI_NAMESPACE = 0x05,
    NVME_CNS_CSI_CONTROLLER = 0x06,
    NVME_CNS_CSI_ACTIVE_LIST = 0x07,
    NVME_CNS_ALLOCATED_LIST = 0x10,
    NVME_CNS_ALLOCATED_NAMESPACE = 0x11,
    NVME_CNS_ATTACHED_CONTROLLERS = 0x12,
    NVME_CNS_CONTROLLERS = 0x13,
    NVME_CNS_CSI_ALLOCATED_LIST = 0x1a,
    NVME_CNS_CSI_ALLOCATED_NAMESPACE = 0x1b,
    NVME_CNS_COMMAND_SETS = 0x1c,
};

enum NvmeFeature {
    NVME_FEAT_ARBITRATION = 0x01,
    NVME_FEAT_POWER = 0x02,
    NVME_FEAT_TEMPERATURE = 0x04,
    NVME_FEAT_ERROR_RECOVERY = 0x05,
    NVME_FEAT_WRITE_CACHE = 0x06,
    NVME_FEAT_QUEUES = 0x07,
    NVME_FEAT_COALESCING = 0x08,
    NVME_FEAT_VECTOR = 0x09,
    NVME_FEAT_WRITE_ATOMICITY = 0x0a,
    NVME_FEAT_ASYNC_EVENT = 0x0b,
    NVME_FEAT_TIMESTAMP = 0x0e,
    NVME_FEAT_COMMAND_SET = 0x19,
};

enum NvmeLogPage {
    NVME_LOG_ERROR = 0x01,
    NVME_LOG_SMART = 0x02,
    NVME_LOG_FIRMWARE = 0x03,
    NVME_LOG_CHANGED_NAMESPACES = 0x04,
    NVME_LOG_EFFECTS = 0x05,
};

/* Command effects (5.14.1.5). */
#define NVME_EFFECT_SUPPORTED    BIT(0)
#define NVME_EFFECT_LBA_CONTENT  BIT(1)
#define NVME_EFFECT_NS_INVENTORY BIT(3)

/* Asynchronous events (5.2). */
enum NvmeEventType {
    NVME_EVENT_ERROR = 0,
    NVME_EVENT_SMART = 1,
    NVME_EVENT_NOTICE = 2,
    NVME_EVENT_TYPES = 8,
};

enum NvmeEventInfo {
    NVME_EVENT_BAD_DOORBELL_REGISTER = 0,
    NVME_EVENT_BAD_DOORBELL_VALUE = 1,
    NVME_EVENT_RELIABILITY = 0,
    NVME_EVENT_TEMPERATURE = 1,
    NVME_EVENT_SPARE = 2,
    NVME_EVENT_NAMESPACE_CHANGED = 0,
};

/* Critical warnings of the SMART log. */
#define NVME_SMART_SPARE       BIT(0)
#define NVME_SMART_TEMPERATURE BIT(1)
#define NVME_SMART_RELIABILITY BIT(2)
#define NVME_SMART_ALL         0x3f

#endif
