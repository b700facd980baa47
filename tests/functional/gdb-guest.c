/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What test_gdb.py looks at with a debugger: two processors in 64-bit mode,
 * functions that call each other, variables that change, known values in the
 * vector registers. Compiled without optimization and without vector code; with
 * PLAIN nothing but integer instructions runs, all that some hosts' KVM can do.
 */

typedef unsigned int u32;
typedef unsigned long long u64;

extern char trampoline[], trampoline_end[];

volatile int counter, untouched = 0x1234, ap_counter;
volatile u64 big[4];
char needle[] = "needle in a haystack";

int leaf(int n)
{
    counter += n;
    return counter * 2;
}

int middle(int n)
{
    int result = leaf(n + 1);

    return result + 1;
}

void ap_main(void)
{
    for (;;) {
        ap_counter++;
    }
}

static void outb(unsigned short port, unsigned char value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void start_second_processor(void)
{
    volatile u32 *icr = (volatile u32 *)0xfee00300ull;
    char *low = (char *)0x8000;

    for (u64 i = 0; i < (u64)(trampoline_end - trampoline); i++) {
        low[i] = trampoline[i];
    }
    *icr = 0xc4500;
    for (volatile int i = 0; i < 1000; i++) {
    }
    *icr = 0xc4608;
    while (!ap_counter) {
    }
}

#ifndef PLAIN
static void cpuid(u32 leaf_number, u32 *eax, u32 *ebx, u32 *ecx)
{
    u32 edx;

    __asm__ volatile("cpuid"
                     : "=a"(*eax), "=b"(*ebx), "=c"(*ecx), "=d"(edx)
                     : "0"(leaf_number), "2"(0));
}

/* Values that are easy to tell apart in a register dump. */
static void set_vectors(void)
{
    static u32 pattern[16] = {0x11111111, 0x22222222, 0x33333333, 0x44444444,
                              0x55555555, 0x66666666, 0x77777777, 0x88888888,
                              0x99999999, 0xaaaaaaaa, 0xbbbbbbbb, 0xcccccccc,
                              0xdddddddd, 0xeeeeeeee, 0xffffffff, 0x12345678};
    u32 a, b, c, xcr0 = 0;

    __asm__ volatile("fninit; fldpi; movdqu %0, %%xmm3" : : "m"(pattern));
    cpuid(1, &a, &b, &c);
    if (c & (1u << 26)) {
        __asm__ volatile("mov %%cr4, %%rax; bts $18, %%rax; mov %%rax, %%cr4" : : : "rax");
        cpuid(13, &xcr0, &b, &c);
        xcr0 &= 0xe7;
        __asm__ volatile("xsetbv" : : "a"(xcr0), "d"(0), "c"(0));
    }
    if (xcr0 & 4) {
        __asm__ volatile("vmovdqu %0, %%ymm4" : : "m"(pattern));
    }
    if ((xcr0 & 0xe0) == 0xe0) {
        __asm__ volatile("vmovdqu32 %0, %%zmm5; vmovdqu32 %0, %%zmm17; kmovw %1, %%k3"
                         :
                         : "m"(pattern), "r"(0x5a5a));
    }
}
#endif

int main(void)
{
    start_second_processor();
#ifndef PLAIN
    set_vectors();
#endif
    outb(0xe9, 'r');
    for (int round = 1;; round++) {
        middle(round);
        big[round & 3] = round;
    }
}
