/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware configuration device: numbered and named blobs that firmware reads
 * through a port, or by DMA (docs/system/fw_cfg.md describes the interface).
 *
 * BQL held. Data passed in is not copied unless a function says so, and must
 * live as long as the device.
 */
#ifndef HW_NVRAM_FW_CFG_H
#define HW_NVRAM_FW_CFG_H

#include "exec/hwaddr.h"
#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_FW_CFG    "fw_cfg"
#define TYPE_FW_CFG_IO "fw_cfg_io"
OBJECT_DECLARE_SIMPLE_TYPE(FWCfgState, FW_CFG)

/* Selectors */
#define FW_CFG_SIGNATURE       0x00
#define FW_CFG_ID              0x01
#define FW_CFG_UUID            0x02
#define FW_CFG_RAM_SIZE        0x03
#define FW_CFG_NOGRAPHIC       0x04
#define FW_CFG_NB_CPUS         0x05
#define FW_CFG_MACHINE_ID      0x06
#define FW_CFG_KERNEL_ADDR     0x07
#define FW_CFG_KERNEL_SIZE     0x08
#define FW_CFG_KERNEL_CMDLINE  0x09
#define FW_CFG_INITRD_ADDR     0x0a
#define FW_CFG_INITRD_SIZE     0x0b
#define FW_CFG_BOOT_DEVICE     0x0c
#define FW_CFG_NUMA            0x0d
#define FW_CFG_BOOT_MENU       0x0e
#define FW_CFG_MAX_CPUS        0x0f
#define FW_CFG_KERNEL_ENTRY    0x10
#define FW_CFG_KERNEL_DATA     0x11
#define FW_CFG_INITRD_DATA     0x12
#define FW_CFG_CMDLINE_ADDR    0x13
#define FW_CFG_CMDLINE_SIZE    0x14
#define FW_CFG_CMDLINE_DATA    0x15
#define FW_CFG_SETUP_ADDR      0x16
#define FW_CFG_SETUP_SIZE      0x17
#define FW_CFG_SETUP_DATA      0x18
#define FW_CFG_FILE_DIR        0x19
#define FW_CFG_FILE_FIRST      0x20
#define FW_CFG_FILE_SLOTS_DFLT 0x20
#define FW_CFG_ARCH_LOCAL      0x8000
#define FW_CFG_INVALID         0xffff
#define FW_CFG_MAX_FILE_PATH   56

/* x86 */
#define FW_CFG_ACPI_TABLES    (FW_CFG_ARCH_LOCAL + 0)
#define FW_CFG_SMBIOS_ENTRIES (FW_CFG_ARCH_LOCAL + 1)
#define FW_CFG_IRQ0_OVERRIDE  (FW_CFG_ARCH_LOCAL + 2)
#define FW_CFG_HPET           (FW_CFG_ARCH_LOCAL + 4)

/* The guest selected the item: make its data current. */
typedef void FWCfgCallback(void *opaque);

/* The device at ports @iobase and @iobase + 4 (DMA, into @dma_as). */
FWCfgState *fw_cfg_init_io_dma(uint32_t iobase, uint32_t dma_iobase, AddressSpace *dma_as);
/* The one of this machine, NULL without. */
FWCfgState *fw_cfg_find(void);
bool fw_cfg_dma_enabled(void *opaque);

void fw_cfg_add_bytes(FWCfgState *s, uint16_t key, void *data, size_t len);
void fw_cfg_add_string(FWCfgState *s, uint16_t key, const char *value); /* copies */
void fw_cfg_add_i16(FWCfgState *s, uint16_t key, uint16_t value);
void fw_cfg_modify_i16(FWCfgState *s, uint16_t key, uint16_t value);
void fw_cfg_add_i32(FWCfgState *s, uint16_t key, uint32_t value);
void fw_cfg_add_i64(FWCfgState *s, uint16_t key, uint64_t value);

/* A named file. false when the name is taken or too long, or all slots are. */
bool fw_cfg_add_file(FWCfgState *s, const char *filename, void *data, size_t len, Error **errp);
/* @select (may be NULL) runs when it is selected. @read_only false: DMA writes are allowed. */
bool fw_cfg_add_file_callback(FWCfgState *s, const char *filename, FWCfgCallback *select,
                              FWCfgCallback *write_cb, void *opaque, void *data, size_t len,
                              bool read_only, Error **errp);
/* Replaces (or adds) the data of a file; returns the previous data, now the caller's. */
void *fw_cfg_modify_file(FWCfgState *s, const char *filename, void *data, size_t len);

#endif
