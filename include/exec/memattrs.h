/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What travels beside the address of a memory transaction, and how it ended. */
#ifndef EXEC_MEMATTRS_H
#define EXEC_MEMATTRS_H

/*
 * Attributes of a transaction. All zero but @unspecified is a plain access by
 * a master that has nothing to say about itself.
 */
typedef struct MemTxAttrs {
    /* A real master that did not fill in anything else; see MEMTXATTRS_UNSPECIFIED. */
    unsigned int unspecified : 1;
    /* The CPU was in System Management Mode (selects its SMM address space). */
    unsigned int secure : 1;
    /* CPL 3 access, where a device cares. */
    unsigned int user : 1;
    /* Only RAM and ROM may answer: anything else gives MEMTX_ACCESS_ERROR. */
    unsigned int memory : 1;
    /* Made by a debugger: no side effects on the CPU that it looks through. */
    unsigned int debug : 1;
    /* Made by a processor: its local APIC's registers are its own, and it sends no MSI. */
    unsigned int cpu : 1;
    /* PCI requester id (bus, device, function) for IOMMUs and MSI routing. */
    uint16_t requester_id;
    /* PASID, valid when @pid_valid (PCIe TLP prefix). */
    uint32_t pid;
    bool pid_valid;
    /* Request type is "translated" (PCIe ATS). */
    bool translated;
} MemTxAttrs;

#define MEMTXATTRS_UNSPECIFIED ((MemTxAttrs){.unspecified = 1})

/*
 * Result of a transaction: MEMTX_OK or a set of the bits below (a split access
 * ORs the results of its parts).
 */
typedef uint32_t MemTxResult;

#define MEMTX_OK           0u
#define MEMTX_ERROR        (1u << 0) /* the device answered with an error */
#define MEMTX_DECODE_ERROR (1u << 1) /* nothing at that address */
#define MEMTX_ACCESS_ERROR (1u << 2) /* something is there, but may not be used in this way */

#endif
