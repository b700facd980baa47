/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processors in a dump: NT_PRSTATUS as a kernel's core file has it (System V ABI, AMD64 and
 * Intel386 supplements; struct elf_prstatus of Linux), which debuggers know, and a note "QEMU" with
 * what that lacks: segments, tables and control registers.
 */

#include "qemu/osdep.h"
#include <elf.h>
#include "qemu/bswap.h"
#include "target/i386/dump-notes.h"
#include "target/i386/page-walk.h"

/* struct elf_prstatus: where its members are. */
enum {
    PRSTATUS64_SIZE = 336,
    PRSTATUS64_PID = 32,
    PRSTATUS64_REGS = 112,
    PRSTATUS32_SIZE = 144,
    PRSTATUS32_PID = 24,
    PRSTATUS32_REGS = 72,
};

void elf_note_append(GByteArray *notes, const char *name, uint32_t type, const void *desc,
                     size_t size)
{
    static const uint8_t zeros[4];
    size_t name_size = strlen(name) + 1;
    uint8_t header[12];

    stl_le_p(header, name_size);
    stl_le_p(header + 4, size);
    stl_le_p(header + 8, type);
    g_byte_array_append(notes, header, sizeof(header));
    g_byte_array_append(notes, (const uint8_t *)name, name_size);
    g_byte_array_append(notes, zeros, -name_size & 3);
    g_byte_array_append(notes, desc, size);
    g_byte_array_append(notes, zeros, -size & 3);
}

/* user_regs_struct of x86-64 */
static void put_regs64(uint8_t *p, const CPUX86State *env)
{
    static const int order[] = {R_R15, R_R14, R_R13, R_R12, R_EBP, R_EBX, R_R11, R_R10,
                                R_R9,  R_R8,  R_EAX, R_ECX, R_EDX, R_ESI, R_EDI};
    const uint64_t rest[] = {env->regs[R_EAX],         env->eip,
                             env->segs[R_CS].selector, env->eflags,
                             env->regs[R_ESP],         env->segs[R_SS].selector,
                             env->segs[R_FS].base,     env->segs[R_GS].base,
                             env->segs[R_DS].selector, env->segs[R_ES].selector,
                             env->segs[R_FS].selector, env->segs[R_GS].selector};

    for (size_t i = 0; i < ARRAY_SIZE(order); i++, p += 8) {
        stq_le_p(p, env->regs[order[i]]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(rest); i++, p += 8) {
        stq_le_p(p, rest[i]);
    }
}

/* user_regs_struct of i386 */
static void put_regs32(uint8_t *p, const CPUX86State *env)
{
    const uint64_t regs[] = {env->regs[R_EBX],
                             env->regs[R_ECX],
                             env->regs[R_EDX],
                             env->regs[R_ESI],
                             env->regs[R_EDI],
                             env->regs[R_EBP],
                             env->regs[R_EAX],
                             env->segs[R_DS].selector,
                             env->segs[R_ES].selector,
                             env->segs[R_FS].selector,
                             env->segs[R_GS].selector,
                             env->regs[R_EAX],
                             env->eip,
                             env->segs[R_CS].selector,
                             env->eflags,
                             env->regs[R_ESP],
                             env->segs[R_SS].selector};

    for (size_t i = 0; i < ARRAY_SIZE(regs); i++, p += 4) {
        stl_le_p(p, regs[i]);
    }
}

/* Debuggers take the processor for a thread with this number. */
static void add_prstatus(GByteArray *notes, CPUState *cpu, bool is_64bit)
{
    const CPUX86State *env = &X86_CPU(cpu)->env;
    uint8_t desc[PRSTATUS64_SIZE] = {};

    if (is_64bit) {
        stl_le_p(desc + PRSTATUS64_PID, cpu->cpu_index + 1);
        put_regs64(desc + PRSTATUS64_REGS, env);
    } else {
        stl_le_p(desc + PRSTATUS32_PID, cpu->cpu_index + 1);
        put_regs32(desc + PRSTATUS32_REGS, env);
    }
    elf_note_append(notes, "CORE", NT_PRSTATUS, desc, is_64bit ? PRSTATUS64_SIZE : PRSTATUS32_SIZE);
}

static uint8_t *put_segment(uint8_t *p, const SegmentCache *seg)
{
    stl_le_p(p, seg->selector);
    stl_le_p(p + 4, seg->limit);
    stl_le_p(p + 8, seg->flags);
    stl_le_p(p + 12, 0);
    stq_le_p(p + 16, seg->base);
    return p + 24;
}

/* Version 1 of the layout. */
static void add_all_state(GByteArray *notes, const CPUX86State *env)
{
    static const int order[] = {R_EAX, R_EBX, R_ECX, R_EDX, R_ESI, R_EDI, R_ESP, R_EBP,
                                R_R8,  R_R9,  R_R10, R_R11, R_R12, R_R13, R_R14, R_R15};
    static const int segments[] = {R_CS, R_DS, R_ES, R_FS, R_GS, R_SS};
    uint8_t desc[8 + 18 * 8 + 10 * 24 + 6 * 8], *p = desc + 8;

    stl_le_p(desc, 1);
    stl_le_p(desc + 4, sizeof(desc));
    for (size_t i = 0; i < ARRAY_SIZE(order); i++, p += 8) {
        stq_le_p(p, env->regs[order[i]]);
    }
    stq_le_p(p, env->eip);
    stq_le_p(p + 8, env->eflags);
    p += 16;
    for (size_t i = 0; i < ARRAY_SIZE(segments); i++) {
        p = put_segment(p, &env->segs[segments[i]]);
    }
    p = put_segment(p, &env->ldt);
    p = put_segment(p, &env->tr);
    p = put_segment(p, &env->gdt);
    p = put_segment(p, &env->idt);
    for (int i = 0; i < 5; i++, p += 8) {
        stq_le_p(p, env->cr[i]);
    }
    stq_le_p(p, env->kernelgsbase);
    elf_note_append(notes, "QEMU", 0, desc, sizeof(desc));
}

bool x86_dump_is_64bit(void)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        if (X86_CPU(cpu)->env.efer & MSR_EFER_LMA) {
            return true;
        }
    }
    return false;
}

void x86_dump_add_notes(GByteArray *notes, bool is_64bit)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        add_prstatus(notes, cpu, is_64bit);
    }
    CPU_FOREACH (cpu) {
        add_all_state(notes, &X86_CPU(cpu)->env);
    }
}

/* ---- virtual addresses ---- */

typedef struct Mapping {
    X86MappingFn *fn;
    void *opaque;
    uint64_t phys, virt, size; /* size 0: none yet */
} Mapping;

static void end_mapping(Mapping *m)
{
    if (m->size) {
        m->fn(m->opaque, m->phys, m->virt, m->size);
    }
    m->size = 0;
}

/* Pages that follow each other in both kinds of memory are one mapping. */
static void add_page(X86PageWalk *w, uint64_t va, uint64_t size, uint64_t pte, uint64_t rights)
{
    Mapping *m = w->opaque;
    uint64_t phys = x86_page_address(w, pte, size);

    if (!rights) {
        return;
    }
    if (m->size && va == m->virt + m->size && phys == m->phys + m->size) {
        m->size += size;
        return;
    }
    end_mapping(m);
    *m = (Mapping){m->fn, m->opaque, phys, va, size};
}

void x86_dump_foreach_mapping(X86MappingFn *fn, void *opaque)
{
    Mapping m = {fn, opaque};
    X86PageWalk w = {.page = add_page, .opaque = &m};
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        if (x86_page_walk(&w, &X86_CPU(cpu)->env)) {
            end_mapping(&m);
            return;
        }
    }
}
