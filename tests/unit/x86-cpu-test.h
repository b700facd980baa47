/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests of the CPU object and its local APIC share: an accelerator that
 * runs nothing, with a clock in the test's hands, and the few functions of
 * the rooms above that the CPU calls.
 */
#ifndef X86_CPU_TEST_H
#define X86_CPU_TEST_H

#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "exec/address-spaces.h"
#include "hw/i386/apic.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/qdev-properties.h"
#include "system/cpus.h"
#include "system/system.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/tcg/tlb.h"

/* ns since the machine was made; the guest's TSC runs at 2 GHz. */
extern int64_t test_clock;
#define TEST_TSC_PER_NS 2

/* Everything a main program does before it makes CPUs; BQL held after. */
void x86_cpu_test_init(int *argc, char ***argv);
/* Makes @acc the hooks of all CPU classes; NULL: none. */
void x86_cpu_test_set_accel(X86AccelCPUClass *acc);
/* A realized CPU of @model with APIC id @apic_id, kept until the end. */
X86CPU *x86_cpu_test_new(const char *model, uint32_t apic_id);
/* Full path of tests/data/@name; caller frees. */
char *x86_cpu_test_data(const char *name);

/* What the APIC told the I/O APIC last; -1 nothing. */
extern int test_eoi_vector;
/* Level of the PIC's output. */
extern int test_pic_level;

#endif
