/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the processor we run on is and can do. */
#ifndef I386_HOST_CPU_H
#define I386_HOST_CPU_H

#include "qemu/osdep.h"
#include "qapi/error.h"

#define HOST_CPU_VENDOR_LEN 12

/* CPUID of the host; output pointers may be NULL. All zero on a host that is no x86. */
void host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                uint32_t *edx);

/* "GenuineIntel" and the like; family and model are combined as CPUID.1 documents. */
void host_cpu_vendor_fms(char vendor[HOST_CPU_VENDOR_LEN + 1], int *family, int *model,
                         int *stepping);

/* The 48 bytes of the brand string. */
void host_cpu_brand(char brand[49]);

/* Physical address bits, from CPUID 80000008H; 36 where that is missing. */
uint32_t host_cpu_phys_bits(void);

/* XCR0 of this process: the state components that the operating system switches. */
uint64_t host_cpu_xcr0(void);

#endif
