/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option ROM that boots the PVH kernel which the emulator put into fw_cfg:
 * completes hvm_start_info with the memory map and the address of the RSDP.
 *
 * Specification: Xen, "x86/HVM direct boot ABI".
 */

#define PRODUCT "PVH loader"
#include "rom-head.inc"

/* Offsets in hvm_start_info, as x86-pvh.c lays it out */
#define START_RSDP           32
#define START_MEMMAP_ENTRIES 48
#define MEMMAP               96

#include "flat-boot.inc"

boot:
        load_all
        read_memory_map 0, clear_reserved
        movw    %bp, %es:START_MEMMAP_ENTRIES

        /* "RSD PTR " at a multiple of 16 from F0000h (ACPI 6.5, 5.2.5.1) */
        movw    $0xf000, %ax
3:      movw    %ax, %ds
        cmpl    $0x20445352, 0
        jne     4f
        cmpl    $0x20525450, 4
        je      5f
4:      incw    %ax
        jnz     3b
        jmp     6f
5:      movzwl  %ax, %eax
        shll    $4, %eax
        movl    %eax, %es:START_RSDP
6:      enter_kernel 0

clear_reserved:
        movl    $0, %es:-4(%di)
        ret

#include "rom-tail.inc"
