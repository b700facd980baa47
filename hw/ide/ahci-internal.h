/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AHCI host bus adapters (Serial ATA AHCI 1.3.1). A port is a channel with one drive, whose
 * task file it fills from frames in memory, and puts back there. BQL held throughout.
 */
#ifndef HW_IDE_AHCI_INTERNAL_H
#define HW_IDE_AHCI_INTERNAL_H

#include "ide-internal.h"
#include "qemu/main-loop.h"

#define AHCI_MAX_PORTS 32
#define AHCI_SLOTS     32

/* Generic host control. */
#define AHCI_CAP        0x00
#define AHCI_GHC        0x04
#define AHCI_IS         0x08
#define AHCI_PI         0x0c
#define AHCI_VS         0x10
#define AHCI_PORTS      0x100
#define AHCI_PORT_SIZE  0x80
#define AHCI_MMIO_SIZE  0x1000
#define CAP_SLOTS_SHIFT 8
#define CAP_AHCI_ONLY   (1u << 18)
#define CAP_GEN1        (1u << 20)
#define CAP_NCQ         (1u << 30)
#define CAP_64BIT       (1u << 31)
#define GHC_RESET       (1u << 0)
#define GHC_IRQ_ENABLE  (1u << 1)
#define GHC_AHCI        (1u << 31)

/* Registers of a port. */
#define PORT_CLB         0x00
#define PORT_CLBU        0x04
#define PORT_FB          0x08
#define PORT_FBU         0x0c
#define PORT_IS          0x10
#define PORT_IE          0x14
#define PORT_CMD         0x18
#define PORT_TFD         0x20
#define PORT_SIG         0x24
#define PORT_SSTS        0x28
#define PORT_SCTL        0x2c
#define PORT_SERR        0x30
#define PORT_SACT        0x34
#define PORT_CI          0x38

#define CMD_START        (1u << 0)
#define CMD_SPIN_UP      (1u << 1)
#define CMD_POWER_ON     (1u << 2)
#define CMD_CLO          (1u << 3)
#define CMD_FIS_ENABLE   (1u << 4)
#define CMD_SLOT_SHIFT   8
#define CMD_FIS_RUNNING  (1u << 14)
#define CMD_LIST_RUNNING (1u << 15)
#define CMD_ATAPI        (1u << 24)
/* What software decides. */
#define CMD_WRITABLE                                                                               \
    (CMD_START | CMD_SPIN_UP | CMD_POWER_ON | CMD_FIS_ENABLE | CMD_ATAPI | 0x0e000000u)

#define IS_D2H             (1u << 0)
#define IS_PIO_SETUP       (1u << 1)
#define IS_SDB             (1u << 3)
#define IS_OVERFLOW        (1u << 24)
#define IS_TASK_FILE_ERROR (1u << 30)
#define IS_ALL             0xfdc000ffu

#define SSTS_PRESENT       0x113 /* device and link there, 1.5 Gbit/s, active */
#define TFD_NO_DEVICE      0x7f
#define SIG_NONE           0xffffffffu

typedef struct AHCIState AHCIState;
typedef struct AHCIPort AHCIPort;

/* A queued command (NCQ). */
typedef struct AHCIQueued {
    AHCIPort *port;
    uint8_t tag;

    /* state */
    bool used, write;
    bool retry; /* failed, and waits for the machine to go on */
    uint64_t lba;
    uint32_t count;

    /* wiring */
    QEMUSGList sg;
    BlockAcctCookie acct;
    bool in_flight;
} AHCIQueued;

struct AHCIPort {
    /* wiring */
    AHCIState *host;
    unsigned number;
    IDEBus bus;
    QEMUBH *check_bh;
    VMChangeStateEntry *vmstate_change;

    /* state: registers */
    uint32_t clb, clbu, fb, fbu, is, ie, cmd, sig, sctl, serr, sact, ci;

    /* state: the command that is not queued */
    uint32_t slot;                          /* AHCI_SLOTS: none */
    uint32_t list_len, list_pos, list_done; /* its regions: entry, and bytes of that done */
    uint64_t table;                         /* of the command */
    bool srst;                              /* software holds the drive in reset */
    bool halted;                            /* by an error, until START is set anew */

    AHCIQueued queued[AHCI_SLOTS];
};

struct AHCIState {
    /* configuration */
    unsigned num_ports;
    AddressSpace *as;
    DeviceState *dev;
    void (*set_irq)(AHCIState *s, bool level);

    /* wiring */
    AHCIPort *ports;
    MemoryRegion mmio, idp;

    /* state */
    uint32_t ghc, is;
    uint32_t index;    /* of the index-data pair */
    uint32_t ports_vm; /* num_ports, for the saved state */
};

/* ahci.c: in instance_init; then in realize. */
void ahci_instance_init(AHCIState *s, Object *owner);
void ahci_init(AHCIState *s, DeviceState *dev, AddressSpace *as, unsigned num_ports,
               void (*set_irq)(AHCIState *s, bool level));
void ahci_cleanup(AHCIState *s);
void ahci_reset(AHCIState *s);
extern const VMStateDescription vmstate_ahci;
/* A port has something to tell: @bits of its interrupt status. */
void ahci_port_interrupt(AHCIPort *p, uint32_t bits);
/* Look for commands, soon. */
void ahci_port_kick(AHCIPort *p);
uint32_t ahci_port_tfd(AHCIPort *p);

/* ahci-command.c */
extern const IDEControllerOps ahci_ops;
void ahci_port_check(void *opaque);
/* Ends what runs, without telling anybody. */
void ahci_port_forget(AHCIPort *p);
/* The drive's first frame: its signature. */
void ahci_send_signature(AHCIPort *p);
/* Regions of the command at @table, from *@pos and *@done on, for @bytes. */
void ahci_list_next(AHCIPort *p, uint64_t table, uint32_t len, uint32_t *pos, uint32_t *done,
                    uint64_t bytes, QEMUSGList *sg);
/* Reads the header of @slot; false if it is not in memory. */
bool ahci_read_header(AHCIPort *p, unsigned slot, uint64_t *table, uint32_t *list_len);

/* ahci-ncq.c */
void ahci_ncq_command(AHCIPort *p, unsigned slot, const uint8_t *fis, uint64_t table,
                      uint32_t list_len);
void ahci_ncq_forget(AHCIPort *p);
void ahci_ncq_retry(void *opaque, bool running, RunState state);
void ahci_send_fis(AHCIPort *p, unsigned offset, const uint8_t *fis, size_t size);

#endif
