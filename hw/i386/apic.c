/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local APIC in xAPIC and x2APIC mode (SDM vol. 3, chapter 11): registers,
 * acceptance and priority of interrupts, the local vector table. IPIs are in
 * apic-ipi.c, the timer in apic-timer.c.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "exec/address-spaces.h"
#include "hw/i386/apic_internal.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"

/* Register numbers: offset / 16, and MSR number - 800H. */
enum {
    APIC_REG_ID = 0x02,
    APIC_REG_VERSION = 0x03,
    APIC_REG_TPR = 0x08,
    APIC_REG_APR = 0x09,
    APIC_REG_PPR = 0x0a,
    APIC_REG_EOI = 0x0b,
    APIC_REG_RRD = 0x0c,
    APIC_REG_LDR = 0x0d,
    APIC_REG_DFR = 0x0e,
    APIC_REG_SVR = 0x0f,
    APIC_REG_ISR = 0x10,
    APIC_REG_TMR = 0x18,
    APIC_REG_IRR = 0x20,
    APIC_REG_ESR = 0x28,
    APIC_REG_ICR = 0x30,
    APIC_REG_ICR2 = 0x31,
    APIC_REG_LVT = 0x32, /* timer, thermal, perform, LINT0, LINT1, error */
    APIC_REG_TIMER_ICT = 0x38,
    APIC_REG_TIMER_CCT = 0x39,
    APIC_REG_TIMER_DCR = 0x3e,
    APIC_REG_SELF_IPI = 0x3f,
};

/* What each LVT entry has of the writable bits. */
static const uint32_t lvt_writable[APIC_LVT_NB] = {
    [APIC_LVT_TIMER] = 0xff | APIC_LVT_MASKED | APIC_LVT_TIMER_MODE,
    [APIC_LVT_THERMAL] = 0x7ff | APIC_LVT_MASKED,
    [APIC_LVT_PERFORM] = 0x7ff | APIC_LVT_MASKED,
    [APIC_LVT_LINT0] = 0x7ff | APIC_LVT_MASKED | APIC_LVT_LEVEL_TRIGGER | APIC_LVT_INT_POLARITY,
    [APIC_LVT_LINT1] = 0x7ff | APIC_LVT_MASKED | APIC_LVT_LEVEL_TRIGGER | APIC_LVT_INT_POLARITY,
    [APIC_LVT_ERROR] = 0xff | APIC_LVT_MASKED,
};

/* ---- priority ---- */

uint8_t apic_get_ppr(const APICCommonState *s)
{
    int isrv = MAX(apic_highest_bit(s->isr), 0);

    return (s->tpr >> 4) >= (isrv >> 4) ? s->tpr : isrv & 0xf0;
}

static int pending_vector(const APICCommonState *s)
{
    int irrv;

    if (!(s->spurious_vec & APIC_SV_ENABLE)) {
        return 0;
    }
    irrv = apic_highest_bit(s->irr);
    if (irrv < 0) {
        return 0;
    }
    return (irrv >> 4) <= (apic_get_ppr(s) >> 4) ? -1 : irrv;
}

int apic_irq_pending(DeviceState *dev)
{
    return dev ? pending_vector(APIC_COMMON(dev)) : 0;
}

int apic_accept_pic_intr(DeviceState *dev)
{
    APICCommonState *s;

    if (!dev) {
        return 0;
    }
    s = APIC_COMMON(dev);
    return !apic_enabled(s) || !(s->lvt[APIC_LVT_LINT0] & APIC_LVT_MASKED);
}

void apic_update_irq(APICCommonState *s)
{
    CPUState *cs = CPU(s->cpu);

    if (pending_vector(s) > 0) {
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    } else if (!apic_accept_pic_intr(DEVICE(s)) || !isa_pic || !pic_get_output(isa_pic)) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
    }
}

void apic_poll_irq(DeviceState *dev)
{
    if (dev) {
        apic_update_irq(APIC_COMMON(dev));
    }
}

void apic_set_irq(APICCommonState *s, uint8_t vector, unsigned trigger_mode)
{
    if (vector < 16) {
        apic_error(s, APIC_ESR_RECV_ILLEGAL);
        return;
    }
    apic_set_bit(s->irr, vector);
    if (trigger_mode) {
        apic_set_bit(s->tmr, vector);
    } else {
        apic_reset_bit(s->tmr, vector);
    }
    apic_update_irq(s);
}

int apic_get_interrupt(DeviceState *dev)
{
    APICCommonState *s;
    int vector;

    if (!dev) {
        return -1;
    }
    s = APIC_COMMON(dev);
    if (!(s->spurious_vec & APIC_SV_ENABLE)) {
        return -1;
    }
    vector = pending_vector(s);
    if (vector == 0) {
        apic_update_irq(s);
        return -1;
    }
    if (vector < 0) {
        /* It was there when the CPU was told, and the priority has risen since. */
        apic_update_irq(s);
        return apic_accept_pic_intr(dev) && isa_pic && pic_get_output(isa_pic)
                   ? -1
                   : (int)(s->spurious_vec & 0xff);
    }
    apic_reset_bit(s->irr, vector);
    apic_set_bit(s->isr, vector);
    ioapic_accepted(vector);
    apic_update_irq(s);
    return vector;
}

static void apic_eoi(APICCommonState *s)
{
    int isrv = apic_highest_bit(s->isr);

    if (isrv < 0) {
        return;
    }
    apic_reset_bit(s->isr, isrv);
    if (apic_get_bit(s->tmr, isrv)) {
        s->lvt[APIC_LVT_LINT0] &= ~APIC_LVT_REMOTE_IRR;
        ioapic_eoi_broadcast(isrv);
    }
    apic_update_irq(s);
}

/* ---- local interrupts ---- */

void apic_error(APICCommonState *s, uint32_t esr_bit)
{
    bool news = !(s->esr_pending & esr_bit);

    s->esr_pending |= esr_bit;
    /* An error vector that is itself illegal must not report itself for ever. */
    if (news && (s->lvt[APIC_LVT_ERROR] & 0xff) >= 16) {
        apic_local_deliver(s, APIC_LVT_ERROR);
    }
}

void apic_local_deliver(APICCommonState *s, int entry)
{
    uint32_t lvt = s->lvt[entry];
    CPUState *cs = CPU(s->cpu);
    unsigned trigger = APIC_TRIGGER_EDGE;

    if (lvt & APIC_LVT_MASKED) {
        return;
    }
    switch ((lvt >> 8) & 7) {
    case APIC_DM_SMI:
        cpu_interrupt(cs, CPU_INTERRUPT_SMI);
        break;
    case APIC_DM_NMI:
        cpu_interrupt(cs, CPU_INTERRUPT_NMI);
        break;
    case APIC_DM_INIT:
        cpu_interrupt(cs, CPU_INTERRUPT_INIT);
        break;
    case APIC_DM_EXTINT:
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
        break;
    case APIC_DM_FIXED:
        if (entry == APIC_LVT_LINT0 && lvt & APIC_LVT_LEVEL_TRIGGER) {
            trigger = APIC_TRIGGER_LEVEL;
            s->lvt[entry] |= APIC_LVT_REMOTE_IRR;
        }
        apic_set_irq(s, lvt & 0xff, trigger);
        break;
    }
}

void apic_deliver_pic_intr(DeviceState *dev, int level)
{
    APICCommonState *s;
    uint32_t lvt;

    if (!dev) {
        return;
    }
    s = APIC_COMMON(dev);
    lvt = s->lvt[APIC_LVT_LINT0];
    if (!apic_enabled(s)) {
        /* Without the APIC, LINT0 is the CPU's INTR pin. */
        if (level) {
            cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_HARD);
        } else {
            cpu_reset_interrupt(CPU(s->cpu), CPU_INTERRUPT_HARD);
        }
    } else if (level) {
        apic_local_deliver(s, APIC_LVT_LINT0);
    } else {
        if (((lvt >> 8) & 7) == APIC_DM_FIXED && lvt & APIC_LVT_LEVEL_TRIGGER) {
            apic_reset_bit(s->irr, lvt & 0xff);
        }
        apic_update_irq(s);
    }
}

static void apic_external_nmi(APICCommonState *s)
{
    if (apic_enabled(s)) {
        apic_local_deliver(s, APIC_LVT_LINT1);
    } else {
        cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_NMI);
    }
}

/* ---- registers ---- */

static uint32_t ldr_x2apic(const APICCommonState *s)
{
    return ((s->initial_apic_id >> 4) << 16) | (1u << (s->initial_apic_id & 0xf));
}

/* Common to MMIO and MSRs: false for what is not a readable register. */
static bool register_read(APICCommonState *s, int index, uint32_t *val)
{
    bool x2apic = apic_x2apic(s);

    switch (index) {
    case APIC_REG_ID:
        *val = x2apic ? s->initial_apic_id : (uint32_t)s->id << 24;
        return true;
    case APIC_REG_VERSION:
        *val = s->version;
        return true;
    case APIC_REG_TPR:
        *val = s->tpr;
        return true;
    case APIC_REG_APR:
        *val = 0; /* arbitration is free here: all have the same priority */
        return !x2apic;
    case APIC_REG_PPR:
        *val = apic_get_ppr(s);
        return true;
    case APIC_REG_EOI:
    case APIC_REG_RRD:
        *val = 0;
        return !x2apic;
    case APIC_REG_LDR:
        *val = x2apic ? ldr_x2apic(s) : (uint32_t)s->log_dest << 24;
        return true;
    case APIC_REG_DFR:
        *val = ((uint32_t)s->dest_mode << 28) | 0x0fffffff;
        return !x2apic;
    case APIC_REG_SVR:
        *val = s->spurious_vec;
        return true;
    case APIC_REG_ISR ... APIC_REG_ISR + 7:
        *val = s->isr[index & 7];
        return true;
    case APIC_REG_TMR ... APIC_REG_TMR + 7:
        *val = s->tmr[index & 7];
        return true;
    case APIC_REG_IRR ... APIC_REG_IRR + 7:
        *val = s->irr[index & 7];
        return true;
    case APIC_REG_ESR:
        *val = s->esr;
        return true;
    case APIC_REG_ICR:
        *val = s->icr[0];
        return true;
    case APIC_REG_ICR2:
        *val = s->icr[1];
        return !x2apic;
    case APIC_REG_LVT ... APIC_REG_LVT + APIC_LVT_NB - 1:
        *val = s->lvt[index - APIC_REG_LVT];
        return true;
    case APIC_REG_TIMER_ICT:
        *val = s->initial_count;
        return true;
    case APIC_REG_TIMER_CCT:
        *val = apic_timer_current_count(s);
        return true;
    case APIC_REG_TIMER_DCR:
        *val = s->divide_conf;
        return true;
    }
    return false;
}

static void write_lvt(APICCommonState *s, int entry, uint32_t val)
{
    uint32_t keep = s->lvt[entry] & (APIC_LVT_REMOTE_IRR | APIC_LVT_DELIV_STS);

    if (!(s->spurious_vec & APIC_SV_ENABLE)) {
        val |= APIC_LVT_MASKED;
    }
    s->lvt[entry] = keep | (val & lvt_writable[entry]);
    if (entry == APIC_LVT_TIMER) {
        apic_timer_update(s);
    } else if (entry == APIC_LVT_LINT0 && isa_pic && pic_get_output(isa_pic)) {
        /* The line was up while the entry was masked. */
        apic_deliver_pic_intr(DEVICE(s), 1);
    } else {
        apic_update_irq(s);
    }
}

static void write_svr(APICCommonState *s, uint32_t val)
{
    s->spurious_vec = val & APIC_SV_ALLOWED;
    if (!(val & APIC_SV_ENABLE)) {
        for (int i = 0; i < APIC_LVT_NB; i++) {
            s->lvt[i] |= APIC_LVT_MASKED;
        }
        apic_timer_update(s);
    }
    apic_update_irq(s);
}

static bool register_write(APICCommonState *s, int index, uint32_t val)
{
    bool x2apic = apic_x2apic(s);

    switch (index) {
    case APIC_REG_ID:
        if (!x2apic) {
            s->id = val >> 24;
        }
        return !x2apic;
    case APIC_REG_TPR:
        s->tpr = val;
        apic_update_irq(s);
        return true;
    case APIC_REG_EOI:
        apic_eoi(s);
        return true;
    case APIC_REG_LDR:
        s->log_dest = val >> 24;
        return true;
    case APIC_REG_DFR:
        s->dest_mode = val >> 28;
        return true;
    case APIC_REG_SVR:
        write_svr(s, val);
        return true;
    case APIC_REG_ESR:
        s->esr = s->esr_pending;
        s->esr_pending = 0;
        return true;
    case APIC_REG_ICR:
        s->icr[0] = val & ~APIC_LVT_DELIV_STS;
        apic_send_ipi(s);
        return true;
    case APIC_REG_ICR2:
        s->icr[1] = val;
        return true;
    case APIC_REG_LVT ... APIC_REG_LVT + APIC_LVT_NB - 1:
        write_lvt(s, index - APIC_REG_LVT, val);
        return true;
    case APIC_REG_TIMER_ICT:
        apic_timer_set_count(s, val);
        return true;
    case APIC_REG_TIMER_DCR:
        s->divide_conf = val & 0xb;
        apic_timer_update(s);
        return true;
    }
    /* The others are read-only. */
    return false;
}

/* ---- memory-mapped ---- */

/* The APIC that the running vCPU reaches at @page, NULL when that is not its registers. */
static APICCommonState *mmio_apic(hwaddr page)
{
    APICCommonState *s;

    if (!current_cpu || !X86_CPU(current_cpu)->env.apic_state) {
        return NULL;
    }
    s = APIC_COMMON(X86_CPU(current_cpu)->env.apic_state);
    if (!apic_enabled(s) || apic_x2apic(s) || (s->apicbase & MSR_IA32_APICBASE_BASE) != page) {
        return NULL;
    }
    return s;
}

static uint64_t mmio_read(APICCommonState *s, hwaddr addr, unsigned size)
{
    uint32_t val = 0;

    /* Registers are 32 bits wide at multiples of 16; the rest of the 16 bytes is undefined. */
    if (!s) {
        return UINT64_MAX;
    }
    if ((addr & 0xc) || !register_read(s, addr >> 4, &val)) {
        if (!(addr & 0xc)) {
            apic_error(s, APIC_ESR_ILLEGAL_ADDRESS);
        }
        return 0;
    }
    return val >> (8 * (addr & 3));
}

static void mmio_write(APICCommonState *s, hwaddr addr, uint32_t val)
{
    if (s && !(addr & 0xf) && !register_write(s, addr >> 4, val)) {
        uint32_t dummy;

        /* A write to a read-only register is ignored; to no register it is an error. */
        if (!register_read(s, addr >> 4, &dummy)) {
            apic_error(s, APIC_ESR_ILLEGAL_ADDRESS);
        }
    }
}

static MemTxResult apic_mem_read(void *opaque, hwaddr addr, uint64_t *val, unsigned size,
                                 MemTxAttrs attrs)
{
    *val = addr < 0x1000 ? mmio_read(mmio_apic(APIC_DEFAULT_ADDRESS), addr, size) : UINT64_MAX;
    return MEMTX_OK;
}

static MemTxResult apic_mem_write(void *opaque, hwaddr addr, uint64_t val, unsigned size,
                                  MemTxAttrs attrs)
{
    /*
     * Registers and MSIs share addresses. An MSI's target is in bits 19:12, and
     * where these are 0 the offset is below 16, where there is no register.
     */
    if (addr > 0xfff || ((addr >> 4) == 0 && !attrs.cpu)) {
        apic_deliver_msi(APIC_DEFAULT_ADDRESS | addr, val);
    } else if (size == 4) {
        mmio_write(mmio_apic(APIC_DEFAULT_ADDRESS), addr, val);
    }
    return MEMTX_OK;
}

static uint64_t relocated_read(void *opaque, hwaddr addr, unsigned size)
{
    APICCommonState *s = opaque;

    return mmio_read(mmio_apic(s->apicbase & MSR_IA32_APICBASE_BASE), addr, size);
}

static void relocated_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    APICCommonState *s = opaque;

    if (size == 4) {
        mmio_write(mmio_apic(s->apicbase & MSR_IA32_APICBASE_BASE), addr, val);
    }
}

static const MemoryRegionOps apic_io_ops = {
    .read_with_attrs = apic_mem_read,
    .write_with_attrs = apic_mem_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

static const MemoryRegionOps relocated_io_ops = {
    .read = relocated_read,
    .write = relocated_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

/* ---- x2APIC MSRs ---- */

int apic_msr_read(DeviceState *dev, int index, uint64_t *val)
{
    APICCommonState *s;
    uint32_t low;

    if (!dev || !apic_x2apic(s = APIC_COMMON(dev))) {
        return -1;
    }
    if (index == APIC_REG_ICR) {
        *val = ((uint64_t)s->icr[1] << 32) | s->icr[0];
        return 0;
    }
    if (!register_read(s, index, &low)) {
        return -1;
    }
    *val = low;
    return 0;
}

/* Bits that a WRMSR may set; what is not here cannot be written (SDM vol. 3, table 11-6). */
static uint64_t msr_writable_bits(int index)
{
    switch (index) {
    case APIC_REG_TPR:
        return 0xff;
    case APIC_REG_SVR:
        return APIC_SV_ALLOWED;
    case APIC_REG_ICR:
        return 0xffffffff000ccfffull | APIC_LVT_DELIV_STS;
    case APIC_REG_LVT ... APIC_REG_LVT + APIC_LVT_NB - 1:
        return lvt_writable[index - APIC_REG_LVT] | APIC_LVT_REMOTE_IRR | APIC_LVT_DELIV_STS;
    case APIC_REG_TIMER_ICT:
        return UINT32_MAX;
    case APIC_REG_TIMER_DCR:
        return 0xb;
    case APIC_REG_SELF_IPI:
        return 0xff;
    default:
        return 0; /* EOI, ESR: only 0 */
    }
}

int apic_msr_write(DeviceState *dev, int index, uint64_t val)
{
    APICCommonState *s;

    if (!dev || !apic_x2apic(s = APIC_COMMON(dev)) || val & ~msr_writable_bits(index)) {
        return -1;
    }
    switch (index) {
    case APIC_REG_LDR:
    case APIC_REG_DFR:
    case APIC_REG_ICR2:
        return -1;
    case APIC_REG_ICR:
        s->icr[1] = val >> 32;
        break;
    case APIC_REG_SELF_IPI:
        apic_set_irq(s, val, APIC_TRIGGER_EDGE);
        return 0;
    }
    return register_write(s, index, val) ? 0 : -1;
}

/* ---- mode and base ---- */

static void map_registers(APICCommonState *s)
{
    hwaddr base = s->apicbase & MSR_IA32_APICBASE_BASE;
    bool moved = apic_enabled(s) && !apic_x2apic(s) && base != APIC_DEFAULT_ADDRESS;

    memory_region_transaction_begin();
    if (s->relocated_mapped) {
        memory_region_del_subregion(get_system_memory(), &s->relocated);
    }
    if (moved) {
        memory_region_add_subregion_overlap(get_system_memory(), base, &s->relocated, 0x1000);
    }
    s->relocated_mapped = moved;
    memory_region_transaction_commit();
}

static int apic_set_base(APICCommonState *s, uint64_t val)
{
    const uint64_t mode = MSR_IA32_APICBASE_ENABLE | MSR_IA32_APICBASE_EXTD;
    uint64_t from = s->apicbase & mode, to = val & mode;

    /* SDM vol. 3, figure 11-27: what is not drawn there raises #GP. */
    if (to == MSR_IA32_APICBASE_EXTD || (from == 0 && to == mode) ||
        (from == mode && to == MSR_IA32_APICBASE_ENABLE)) {
        return -1;
    }
    s->apicbase = (val & MSR_IA32_APICBASE_BASE) | to | (val & MSR_IA32_APICBASE_BSP);
    if (to == 0 && from != 0) {
        apic_reset_registers(s);
        s->wait_for_sipi = false;
    }
    if (from != to && s->cpu) {
        apic_update_irq(s);
    }
    map_registers(s);
    return 0;
}

static void apic_set_tpr(APICCommonState *s, uint8_t tpr)
{
    s->tpr = tpr;
    apic_update_irq(s);
}

static uint8_t apic_get_tpr(APICCommonState *s)
{
    return s->tpr;
}

static void apic_set_deadline(APICCommonState *s, uint64_t val)
{
    /* Ignored unless the LVT says that the timer works in this way. */
    if ((s->lvt[APIC_LVT_TIMER] & APIC_LVT_TIMER_MODE) == APIC_LVT_TIMER_TSCDEADLINE) {
        s->tsc_deadline = val;
        apic_timer_update(s);
    }
}

static void apic_reset(APICCommonState *s)
{
    apic_update_irq(s);
}

static void apic_loaded(APICCommonState *s)
{
    map_registers(s);
    apic_timer_rearm(s);
    apic_update_irq(s);
}

/* ---- device ---- */

static void apic_realize(DeviceState *dev, Error **errp)
{
    APICCommonState *s = APIC_COMMON(dev);

    memory_region_init_io(&s->io_memory, OBJECT(s), &apic_io_ops, s, "apic-msi", APIC_SPACE_SIZE);
    memory_region_init_io(&s->relocated, OBJECT(s), &relocated_io_ops, s, "apic-relocated",
                          TARGET_PAGE_SIZE);
    apic_timer_init(s);
}

static void apic_unrealize(DeviceState *dev)
{
    APICCommonState *s = APIC_COMMON(dev);

    if (s->relocated_mapped) {
        memory_region_del_subregion(get_system_memory(), &s->relocated);
        s->relocated_mapped = false;
    }
    apic_timer_free(s);
}

static void apic_class_init(ObjectClass *oc, const void *data)
{
    APICCommonClass *c = APIC_COMMON_CLASS(oc);

    c->realize = apic_realize;
    c->unrealize = apic_unrealize;
    c->set_base = apic_set_base;
    c->set_tpr = apic_set_tpr;
    c->get_tpr = apic_get_tpr;
    c->set_tsc_deadline = apic_set_deadline;
    c->external_nmi = apic_external_nmi;
    c->post_load = apic_loaded;
    c->reset = apic_reset;
}

static const TypeInfo apic_types[] = {
    {
        .name = TYPE_APIC,
        .parent = TYPE_APIC_COMMON,
        .class_init = apic_class_init,
    },
};

DEFINE_TYPES(apic_types)
