/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Linux bzImage as a file: the Linux/x86 boot protocol, 2.06 and later. */
#ifndef HW_I386_X86_LINUX_H
#define HW_I386_X86_LINUX_H

#include "hw/i386/x86.h"

/* Offsets in the setup header */
#define HDR_SETUP_SECTS            0x1f1
#define HDR_VID_MODE               0x1fa
#define HDR_MAGIC                  0x202
#define HDR_VERSION                0x206
#define HDR_TYPE_LOADER            0x210
#define HDR_LOADFLAGS              0x211
#define HDR_RAMDISK_IMAGE          0x218
#define HDR_RAMDISK_SIZE           0x21c
#define HDR_HEAP_END_PTR           0x224
#define HDR_CMD_LINE_PTR           0x228
#define HDR_INITRD_MAX             0x22c
#define HDR_XLOADFLAGS             0x236
#define HDR_CMDLINE_SIZE           0x238
#define HDR_SETUP_DATA             0x250
#define HDR_PREF_ADDRESS           0x258
#define HDR_INIT_SIZE              0x260
#define HDR_MIN_SIZE               0x268

#define HDR_MAGIC_VALUE            0x53726448 /* "HdrS" */
#define LOADFLAGS_CAN_USE_HEAP     0x80
#define XLF_CAN_BE_LOADED_ABOVE_4G 0x02
#define LOADER_TYPE                0xb0
#define SETUP_DTB                  2
#define SETUP_DATA_HEADER          16

#define PROT_ADDR                  0x100000

typedef struct X86LinuxBoot {
    const char *name;
    uint8_t *image; /* the file */
    size_t size;
    uint32_t version; /* of the boot protocol */
    size_t setup_size;
    uint8_t *kernel; /* the part for PROT_ADDR */
    size_t kernel_size;
    char *initrd;
    size_t initrd_size;
    uint32_t initrd_addr;
    char *cmdline;
} X86LinuxBoot;

/* Fills in what the header of b->image tells. Ends the program when it is none, as all here. */
void x86_linux_parse(X86LinuxBoot *b);
void x86_linux_check_cmdline(const X86LinuxBoot *b);
/* That RAM has room for the kernel as it will be once it is unpacked. */
void x86_linux_check_memory(const X86LinuxBoot *b, const X86MachineState *x86ms);
/* Where the initrd goes: as high as kernel and RAM allow, for the kernel may grow. */
void x86_linux_place_initrd(X86LinuxBoot *b, X86MachineState *x86ms, int acpi_data_size);

#endif
