/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option ROM that boots the multiboot kernel which the emulator put into
 * fw_cfg: completes the boot information with sizes and map of the memory.
 *
 * Specification: Multiboot Specification 0.6.96, 3.2 and 3.3.
 */

#define PRODUCT "multiboot loader"
#include "rom-head.inc"

/* Offsets in the boot information, as multiboot.c lays it out */
#define MBI_MEM_LOWER   4
#define MBI_MEM_UPPER   8
#define MBI_MMAP_LENGTH 44
#define MEMMAP          96
#define LOADER_MAGIC    0x2badb002

#include "flat-boot.inc"

boot:
        load_all
        /* An entry begins with its size, which does not count the size field. */
        read_memory_map 4, complete_entry
        imulw   $24, %bp, %bp
        movzwl  %bp, %ebp
        movl    %ebp, %es:MBI_MMAP_LENGTH
        xorl    %eax, %eax
        int     $0x12                   /* KiB below 1 MiB */
        movzwl  %ax, %eax
        movl    %eax, %es:MBI_MEM_LOWER
        enter_kernel LOADER_MAGIC

/* di: behind an entry and the size field of the next. */
complete_entry:
        movl    $20, %es:-28(%di)
        /* RAM at 1 MiB is what "upper memory" means. */
        cmpl    $0x100000, %es:-24(%di)
        jne     7f
        cmpl    $0, %es:-20(%di)
        jne     7f
        cmpl    $1, %es:-8(%di)
        jne     7f
        movl    %es:-16(%di), %eax
        shrl    $10, %eax
        movl    %eax, %es:MBI_MEM_UPPER
7:      ret

#include "rom-tail.inc"
