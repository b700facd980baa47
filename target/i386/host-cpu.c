/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUID and XGETBV on the host (SDM vol. 2A CPUID, vol. 2D XGETBV). */
#include "qemu/osdep.h"
#include "target/i386/host-cpu.h"

void host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                uint32_t *edx)
{
    uint32_t a = leaf, b = 0, c = subleaf, d = 0;

#ifdef HOST_X86_64
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
#else
    a = c = 0;
#endif
    if (eax) {
        *eax = a;
    }
    if (ebx) {
        *ebx = b;
    }
    if (ecx) {
        *ecx = c;
    }
    if (edx) {
        *edx = d;
    }
}

void host_cpu_vendor_fms(char vendor[HOST_CPU_VENDOR_LEN + 1], int *family, int *model,
                         int *stepping)
{
    uint32_t eax, v[3];

    host_cpuid(0, 0, &eax, &v[0], &v[2], &v[1]);
    memcpy(vendor, v, HOST_CPU_VENDOR_LEN);
    vendor[HOST_CPU_VENDOR_LEN] = 0;

    host_cpuid(1, 0, &eax, NULL, NULL, NULL);
    *family = (eax >> 8) & 0xf;
    *model = (eax >> 4) & 0xf;
    if (*family == 6 || *family == 15) {
        *model |= (eax >> 12) & 0xf0;
    }
    if (*family == 15) {
        *family += (eax >> 20) & 0xff;
    }
    *stepping = eax & 0xf;
}

void host_cpu_brand(char brand[49])
{
    uint32_t limit, w[12] = {0};

    host_cpuid(0x80000000, 0, &limit, NULL, NULL, NULL);
    if (limit >= 0x80000004 && limit < 0x90000000) {
        for (int i = 0; i < 3; i++) {
            host_cpuid(0x80000002 + i, 0, &w[4 * i], &w[4 * i + 1], &w[4 * i + 2], &w[4 * i + 3]);
        }
    }
    memcpy(brand, w, 48);
    brand[48] = 0;
}

uint32_t host_cpu_phys_bits(void)
{
    uint32_t eax;

    host_cpuid(0x80000000, 0, &eax, NULL, NULL, NULL);
    if (eax < 0x80000008 || eax >= 0x90000000) {
        return 36;
    }
    host_cpuid(0x80000008, 0, &eax, NULL, NULL, NULL);
    return eax & 0xff;
}

uint64_t host_cpu_xcr0(void)
{
#ifdef HOST_X86_64
    uint32_t ecx, lo, hi;

    host_cpuid(1, 0, NULL, NULL, &ecx, NULL);
    if (ecx & (1u << 27)) {
        asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
        return ((uint64_t)hi << 32) | lo;
    }
#endif
    return 0;
}
