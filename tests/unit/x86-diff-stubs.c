/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the CPU refers to and this test never calls: the local APIC, migration. */
#include "qemu/osdep.h"

#define STUB(name)                                                                                 \
    void name(void);                                                                               \
    void __attribute__((weak)) name(void)                                                          \
    {                                                                                              \
        g_assert_not_reached();                                                                    \
    }

STUB(apic_designate_bsp)
STUB(apic_init_reset)
STUB(apic_is_bsp)
STUB(apic_msr_read)
STUB(apic_msr_write)
STUB(apic_poll_irq)
STUB(apic_set_tsc_deadline)
STUB(apic_sipi)
STUB(cpu_get_apic_base)
STUB(cpu_get_apic_tpr)
STUB(cpu_get_pic_interrupt)
STUB(cpu_is_apic_enabled)
STUB(cpu_set_apic_base)
STUB(cpu_set_apic_tpr)
STUB(jit_log_block)
STUB(vmstate_info_bool)
STUB(vmstate_info_int32)
STUB(vmstate_info_int64)
STUB(vmstate_info_uint32)
STUB(vmstate_info_unused_buffer)
STUB(vmstate_register)
STUB(vmstate_unregister)
STUB(x86_log_block)
STUB(x86_story_note)
STUB(x86_story_tell)
