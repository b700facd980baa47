/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel that writes to port E9h what its loader told it, and stops the
 * emulator through port F4h (isa-debug-exit). With MULTIBOOT a multiboot
 * kernel, else one with a PVH entry point.
 */

typedef unsigned int u32;
typedef unsigned long long u64;

static void outb(unsigned short port, unsigned char value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void text(const char *s)
{
    while (*s) {
        outb(0xe9, *s++);
    }
}

static void bytes(const char *s, u32 n)
{
    while (n--) {
        outb(0xe9, *s++);
    }
}

static void line(const char *name, const char *value)
{
    text(name);
    text("=");
    text(value);
    text("\n");
}

#ifdef MULTIBOOT
__asm__(".section .note.multiboot, \"a\", @note\n"
        ".balign 4\n"
        ".long 0x1badb002, 3, -(0x1badb002 + 3)\n"
        ".text\n");

struct __attribute__((packed)) entry {
    u32 size;
    u64 base, length;
    u32 type;
};

static void report(u32 magic, const u32 *mbi)
{
    const u32 *mods = (const u32 *)mbi[6];
    const struct entry *e = (const struct entry *)mbi[12];
    u32 ram = 0;

    line("magic", magic == 0x2badb002 ? "right" : "wrong");
    line("cmdline", (const char *)mbi[4]);
    for (u32 i = 0; i < mbi[5]; i++, mods += 4) {
        line("module", (const char *)mods[2]);
        bytes((const char *)mods[0], mods[1] - mods[0]);
    }
    for (; (u32)e < mbi[12] + mbi[11]; e = (const struct entry *)((u32)e + e->size + 4)) {
        ram += e->type == 1 && e->size == 20;
    }
    line("map", ram >= 2 ? "right" : "wrong");
    line("memory", mbi[1] > 500 && mbi[1] < 640 && mbi[2] > 60000 ? "right" : "wrong");
}
#else
__asm__(".section .note.xen, \"a\", @note\n"
        ".long 4, 4, 18\n"
        ".asciz \"Xen\"\n"
        ".long _start\n"
        ".text\n");

struct start_info {
    u32 magic, version, flags, nr_modules;
    u64 modlist, cmdline, rsdp, memmap;
    u32 memmap_entries;
};

static void report(u32 magic, const struct start_info *s)
{
    const u64 *mod = (const u64 *)(u32)s->modlist, *map = (const u64 *)(u32)s->memmap;
    u32 ram = 0;

    line("magic", s->magic == 0x336ec578 && s->version == 1 ? "right" : "wrong");
    line("cmdline", (const char *)(u32)s->cmdline);
    for (u32 i = 0; i < s->nr_modules; i++, mod += 4) {
        text("module:");
        bytes((const char *)(u32)mod[0], mod[1]);
    }
    for (u32 i = 0; i < s->memmap_entries; i++, map += 3) {
        ram += (u32)map[2] == 1;
    }
    line("map", ram >= 2 ? "right" : "wrong");
    line("rsdp", *(u64 *)(u32)s->rsdp == 0x2052545020445352ull ? "right" : "wrong");
}
#endif

__attribute__((used)) static char stack[4096];

__attribute__((used)) static void main32(u32 magic, void *info)
{
    report(magic, info);
    for (u32 i = 0; i < sizeof(stack); i++) {
        /* What the file does not hold is zero. */
        if (i < 1024 && stack[i]) {
            text("bss=wrong\n");
            break;
        }
    }
    outb(0xf4, 0);
    for (;;) {
        __asm__ volatile("hlt");
    }
}

__asm__(".globl _start\n"
        "_start: movl $stack + 4096, %esp\n"
        "        pushl %ebx\n"
        "        pushl %eax\n"
        "        call main32\n");
