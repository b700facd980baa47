/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short names for accesses to the system's memory. */
#ifndef EXEC_CPU_COMMON_H
#define EXEC_CPU_COMMON_H

#include "exec/address-space.h"

/* Copies to and from address_space_memory; errors read as ones and are not reported. */
void cpu_physical_memory_rw(hwaddr addr, void *buf, hwaddr len, bool is_write);
void cpu_physical_memory_read(hwaddr addr, void *buf, hwaddr len);
void cpu_physical_memory_write(hwaddr addr, const void *buf, hwaddr len);
void *cpu_physical_memory_map(hwaddr addr, hwaddr *plen, bool is_write);
void cpu_physical_memory_unmap(void *buffer, hwaddr len, bool is_write, hwaddr access_len);
bool cpu_physical_memory_is_io(hwaddr phys_addr);

uint32_t ldub_phys(AddressSpace *as, hwaddr addr);
uint32_t lduw_le_phys(AddressSpace *as, hwaddr addr);
uint32_t ldl_le_phys(AddressSpace *as, hwaddr addr);
uint64_t ldq_le_phys(AddressSpace *as, hwaddr addr);
void stb_phys(AddressSpace *as, hwaddr addr, uint8_t val);
void stw_le_phys(AddressSpace *as, hwaddr addr, uint16_t val);
void stl_le_phys(AddressSpace *as, hwaddr addr, uint32_t val);
void stq_le_phys(AddressSpace *as, hwaddr addr, uint64_t val);
#define lduw_phys lduw_le_phys
#define ldl_phys  ldl_le_phys
#define ldq_phys  ldq_le_phys
#define stw_phys  stw_le_phys
#define stl_phys  stl_le_phys
#define stq_phys  stq_le_phys

#endif
