/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State of a local APIC (SDM vol. 3, chapter 11), for its implementations: the
 * emulated one (hw/i386/apic*.c) and the one in the kernel (hw/i386/kvm/apic.c).
 */
#ifndef HW_I386_APIC_INTERNAL_H
#define HW_I386_APIC_INTERNAL_H

#include "exec/memory.h"
#include "hw/i386/apic.h"
#include "qemu/timer.h"
#include "target/i386/cpu.h"

#define TYPE_APIC_COMMON "apic-common"
#define TYPE_APIC        "apic"
#define TYPE_KVM_APIC    "kvm-apic"
OBJECT_DECLARE_TYPE(APICCommonState, APICCommonClass, APIC_COMMON)

/* Local vector table */
enum {
    APIC_LVT_TIMER,
    APIC_LVT_THERMAL,
    APIC_LVT_PERFORM,
    APIC_LVT_LINT0,
    APIC_LVT_LINT1,
    APIC_LVT_ERROR,
    APIC_LVT_NB,
};

#define APIC_LVT_MASKED            (1u << 16)
#define APIC_LVT_LEVEL_TRIGGER     (1u << 15)
#define APIC_LVT_REMOTE_IRR        (1u << 14)
#define APIC_LVT_INT_POLARITY      (1u << 13)
#define APIC_LVT_DELIV_STS         (1u << 12)
#define APIC_LVT_TIMER_MODE        (3u << 17)
#define APIC_LVT_TIMER_ONESHOT     (0u << 17)
#define APIC_LVT_TIMER_PERIODIC    (1u << 17)
#define APIC_LVT_TIMER_TSCDEADLINE (2u << 17)

/* Delivery modes */
enum {
    APIC_DM_FIXED = 0,
    APIC_DM_LOWPRI = 1,
    APIC_DM_SMI = 2,
    APIC_DM_NMI = 4,
    APIC_DM_INIT = 5,
    APIC_DM_SIPI = 6,
    APIC_DM_EXTINT = 7,
};

#define APIC_DESTMODE_PHYSICAL 0
#define APIC_DESTMODE_LOGICAL  1

#define APIC_TRIGGER_EDGE      0
#define APIC_TRIGGER_LEVEL     1

#define APIC_ICR_LEVEL         (1u << 14)

/* Spurious interrupt vector register */
#define APIC_SV_ENABLE  (1u << 8)
#define APIC_SV_ALLOWED 0x3ffu

/* Error status register */
#define APIC_ESR_SEND_ILLEGAL    (1u << 5)
#define APIC_ESR_RECV_ILLEGAL    (1u << 6)
#define APIC_ESR_ILLEGAL_ADDRESS (1u << 7)

/* Version register: an integrated APIC whose last LVT entry is number 5. */
#define APIC_VERSION_VALUE 0x50014u

struct APICCommonClass {
    DeviceClass parent_class;

    DeviceRealize realize; /* of the implementation, after the common part */
    DeviceUnrealize unrealize;
    /* All with the BQL held; see the functions of the same names in apic.h. */
    int (*set_base)(APICCommonState *s, uint64_t val);
    void (*set_tpr)(APICCommonState *s, uint8_t tpr);
    uint8_t (*get_tpr)(APICCommonState *s);
    void (*set_tsc_deadline)(APICCommonState *s, uint64_t val);
    void (*external_nmi)(APICCommonState *s);
    void (*pre_save)(APICCommonState *s);
    void (*post_load)(APICCommonState *s);
    void (*reset)(APICCommonState *s);
};

struct APICCommonState {
    DeviceState parent_obj;

    /* configuration */
    uint32_t initial_apic_id;

    /* wiring */
    X86CPU *cpu;
    MemoryRegion io_memory; /* registers and MSI window at the default address */
    MemoryRegion relocated; /* registers where MSR_IA32_APICBASE says, if elsewhere */
    bool relocated_mapped;
    QEMUTimer *timer;

    /* state */
    uint64_t apicbase; /* MSR 1BH */
    uint8_t id;        /* the ID register of xAPIC mode */
    uint32_t version;
    uint8_t tpr;
    uint8_t log_dest;  /* LDR of xAPIC mode */
    uint8_t dest_mode; /* DFR bits 31:28: 0 cluster, 0xf flat */
    uint32_t spurious_vec;
    uint32_t isr[8], tmr[8], irr[8];
    uint32_t lvt[APIC_LVT_NB];
    uint32_t esr;         /* as the guest last latched it */
    uint32_t esr_pending; /* errors since then */
    uint32_t icr[2];
    uint32_t divide_conf;
    uint32_t initial_count;
    int64_t initial_count_load_time; /* ns of QEMU_CLOCK_VIRTUAL */
    int64_t next_time;               /* when the timer fires; -1: not armed */
    uint64_t tsc_deadline;
    uint32_t sipi_vector;
    bool wait_for_sipi;
};

/* ---- apic-common.c ---- */

/* Registers as after RESET or INIT: all but what belongs to the APIC base MSR. */
void apic_reset_registers(APICCommonState *s);
/* The APIC with x2APIC id @id, or NULL. BQL held. */
APICCommonState *apic_by_id(uint32_t id);
/* log2 of the timer's divisor. */
unsigned apic_timer_shift(const APICCommonState *s);
extern const VMStateDescription vmstate_apic_common;

static inline bool apic_x2apic(const APICCommonState *s)
{
    return s->apicbase & MSR_IA32_APICBASE_EXTD;
}

static inline bool apic_enabled(const APICCommonState *s)
{
    return s->apicbase & MSR_IA32_APICBASE_ENABLE;
}

/* Bits of the 256-bit registers. */
static inline bool apic_get_bit(const uint32_t *tab, unsigned index)
{
    return tab[index >> 5] & (1u << (index & 31));
}

static inline void apic_set_bit(uint32_t *tab, unsigned index)
{
    tab[index >> 5] |= 1u << (index & 31);
}

static inline void apic_reset_bit(uint32_t *tab, unsigned index)
{
    tab[index >> 5] &= ~(1u << (index & 31));
}

/* Highest bit set, -1 if none. */
static inline int apic_highest_bit(const uint32_t *tab)
{
    for (int i = 7; i >= 0; i--) {
        if (tab[i]) {
            return i * 32 + 31 - clz32(tab[i]);
        }
    }
    return -1;
}

/* ---- apic.c, apic-ipi.c, apic-timer.c: the emulated APIC ---- */

/* An interrupt request arrives. */
void apic_set_irq(APICCommonState *s, uint8_t vector, unsigned trigger_mode);
/* Fires an entry of the local vector table. */
void apic_local_deliver(APICCommonState *s, int lvt);
/* Notes an error, and tells the guest by LVT_ERROR. */
void apic_error(APICCommonState *s, uint32_t esr_bit);
void apic_update_irq(APICCommonState *s);
uint8_t apic_get_ppr(const APICCommonState *s);

/* Sends what the ICR says. */
void apic_send_ipi(APICCommonState *s);

void apic_timer_init(APICCommonState *s);
void apic_timer_free(APICCommonState *s);
/* A register of the timer changed: find out anew when it fires. */
void apic_timer_update(APICCommonState *s);
void apic_timer_set_count(APICCommonState *s, uint32_t initial_count);
uint32_t apic_timer_current_count(const APICCommonState *s);
/* After loading a state. */
void apic_timer_rearm(APICCommonState *s);

/* ---- kvm/apic.c: the kernel's ---- */

/* Registers to and from the kernel. BQL held, vCPU stopped or its own thread. */
bool kvm_apic_put_state(APICCommonState *s, Error **errp);
bool kvm_apic_get_state(APICCommonState *s, Error **errp);

#endif
