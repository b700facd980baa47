/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option ROMs that are assembled from source here and linked into the emulator. */
#ifndef HW_I386_OPTIONROM_H
#define HW_I386_OPTIONROM_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t linuxboot_dma_rom[];
extern const size_t linuxboot_dma_rom_size;
extern const uint8_t multiboot_rom[];
extern const size_t multiboot_rom_size;
extern const uint8_t pvh_rom[];
extern const size_t pvh_rom_size;

#endif
