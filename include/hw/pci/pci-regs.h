/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of PCI configuration space (PCI Local Bus 3.0, chapter 6). */
#ifndef HW_PCI_PCI_REGS_H
#define HW_PCI_PCI_REGS_H

#define PCI_VENDOR_ID                  0x00
#define PCI_DEVICE_ID                  0x02
#define PCI_COMMAND                    0x04
#define PCI_COMMAND_IO                 0x0001
#define PCI_COMMAND_MEMORY             0x0002
#define PCI_COMMAND_MASTER             0x0004
#define PCI_COMMAND_SPECIAL            0x0008
#define PCI_COMMAND_PARITY             0x0040
#define PCI_COMMAND_SERR               0x0100
#define PCI_COMMAND_INTX_DISABLE       0x0400
#define PCI_STATUS                     0x06
#define PCI_STATUS_INTERRUPT           0x0008
#define PCI_STATUS_CAP_LIST            0x0010
#define PCI_STATUS_66MHZ               0x0020
#define PCI_STATUS_FAST_BACK           0x0080
#define PCI_STATUS_PARITY              0x0100
#define PCI_STATUS_DEVSEL_MEDIUM       0x0200
#define PCI_STATUS_SIG_TARGET_ABORT    0x0800
#define PCI_STATUS_REC_TARGET_ABORT    0x1000
#define PCI_STATUS_REC_MASTER_ABORT    0x2000
#define PCI_STATUS_SIG_SYSTEM_ERROR    0x4000
#define PCI_STATUS_DETECTED_PARITY     0x8000
#define PCI_REVISION_ID                0x08
#define PCI_CLASS_PROG                 0x09
#define PCI_CLASS_DEVICE               0x0a
#define PCI_CACHE_LINE_SIZE            0x0c
#define PCI_LATENCY_TIMER              0x0d
#define PCI_HEADER_TYPE                0x0e
#define PCI_HEADER_TYPE_NORMAL         0
#define PCI_HEADER_TYPE_BRIDGE         1
#define PCI_HEADER_TYPE_MULTI_FUNCTION 0x80
#define PCI_BIST                       0x0f
#define PCI_BASE_ADDRESS_0             0x10
#define PCI_BASE_ADDRESS_SPACE_IO      0x01
#define PCI_BASE_ADDRESS_SPACE_MEMORY  0x00
#define PCI_BASE_ADDRESS_MEM_TYPE_64   0x04
#define PCI_BASE_ADDRESS_MEM_PREFETCH  0x08
#define PCI_BASE_ADDRESS_MEM_MASK      (~0x0full)
#define PCI_BASE_ADDRESS_IO_MASK       (~0x03ull)
#define PCI_SUBSYSTEM_VENDOR_ID        0x2c
#define PCI_SUBSYSTEM_ID               0x2e
#define PCI_ROM_ADDRESS                0x30
#define PCI_ROM_ADDRESS_ENABLE         0x01
#define PCI_ROM_ADDRESS1               0x38 /* of a bridge */
#define PCI_CAPABILITY_LIST            0x34
#define PCI_INTERRUPT_LINE             0x3c
#define PCI_INTERRUPT_PIN              0x3d
#define PCI_CONFIG_HEADER_SIZE         0x40

#define PCI_CAP_LIST_ID                0
#define PCI_CAP_LIST_NEXT              1
#define PCI_CAP_ID_PM                  0x01
#define PCI_CAP_ID_MSI                 0x05
#define PCI_CAP_ID_SLOTID              0x04
#define PCI_CAP_ID_VNDR                0x09
#define PCI_CAP_ID_SHPC                0x0c
#define PCI_CAP_ID_SSVID               0x0d
#define PCI_CAP_ID_EXP                 0x10
#define PCI_CAP_ID_MSIX                0x11

/* MSI (6.8.1): offsets from the capability */
#define PCI_MSI_FLAGS         2
#define PCI_MSI_FLAGS_ENABLE  0x0001
#define PCI_MSI_FLAGS_QMASK   0x000e
#define PCI_MSI_FLAGS_QSIZE   0x0070
#define PCI_MSI_FLAGS_64BIT   0x0080
#define PCI_MSI_FLAGS_MASKBIT 0x0100
#define PCI_MSI_ADDRESS_LO    4
#define PCI_MSI_ADDRESS_HI    8

/* MSI-X (6.8.2) */
#define PCI_MSIX_FLAGS              2
#define PCI_MSIX_FLAGS_QSIZE        0x07ff
#define PCI_MSIX_FLAGS_MASKALL      0x4000
#define PCI_MSIX_FLAGS_ENABLE       0x8000
#define PCI_MSIX_TABLE              4
#define PCI_MSIX_PBA                8
#define PCI_CAP_MSIX_SIZEOF         12
#define PCI_MSIX_ENTRY_SIZE         16
#define PCI_MSIX_ENTRY_LOWER_ADDR   0
#define PCI_MSIX_ENTRY_UPPER_ADDR   4
#define PCI_MSIX_ENTRY_DATA         8
#define PCI_MSIX_ENTRY_VECTOR_CTRL  12
#define PCI_MSIX_ENTRY_CTRL_MASKBIT 1

#endif
