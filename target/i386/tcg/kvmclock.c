/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's paravirtual clock for translated guests: how to make nanoseconds of the
 * time stamp counter, in a page of the guest's for each processor, and the wall
 * clock at the start (Linux, Documentation/virt/kvm/x86/msr.rst and cpuid.rst).
 * Without it a guest with several processors takes the HPET, each look at which is
 * an access to a device.
 *
 * The counter stands still while the machine does, so a page that was written once
 * stays right; it is written again when its processor's counter is set, and after
 * a migration, as the counter of the new host may be faster.
 *
 * All under the BQL.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "exec/address-space.h"
#include "system/cpus.h"
#include "system/rtc.h"
#include "system/runstate.h"
#include "target/i386/tcg/kvmclock.h"
#include "target/i386/tcg/mmu.h"

#define MSR_ENABLE  1ull
#define FLAG_STABLE 1u

typedef struct QEMU_PACKED TimeInfo {
    uint32_t version; /* odd while the others change */
    uint32_t pad0;
    uint64_t tsc;  /* at which @time was right */
    uint64_t time; /* ns */
    uint32_t mul;  /* ns = (ticks << shift) * mul >> 32 */
    int8_t shift;
    uint8_t flags;
    uint8_t pad[2];
} TimeInfo;

typedef struct QEMU_PACKED WallClock {
    uint32_t version, sec, nsec;
} WallClock;

/*
 * A moment in elapsed ticks and in virtual time, and how to go on from there: the same for all
 * processors, so that they agree.
 */
static struct {
    bool valid;
    int64_t ticks, ns;
    uint32_t mul;
    int8_t shift;
} base;

/* The first of the two looks at the host's clocks that tell how fast its counter is. */
static struct {
    int64_t ticks, ns;
} first;

/* ---- how fast ---- */

static int64_t host_ticks(void)
{
#ifdef HOST_X86_64
    return __builtin_ia32_rdtsc();
#else
    return get_clock();
#endif
}

/* The pair with the shortest way from one reading of the counter to the next. */
static void look(int64_t *ticks, int64_t *ns)
{
    int64_t best = INT64_MAX;

    *ticks = *ns = 0;
    for (int i = 0; i < 8; i++) {
        int64_t before = host_ticks(), now = get_clock(), took = host_ticks() - before;

        if (took < best) {
            best = took;
            *ticks = before + took / 2;
            *ns = now;
        }
    }
}

/* In less time the error would be more than some millionths. */
#define MIN_LOOK_NS (50 * SCALE_MS)

static uint64_t ticks_per_second(void)
{
    int64_t ticks, ns;

    if (icount_enabled()) {
        return NANOSECONDS_PER_SECOND; /* the counter shows virtual time */
    }
    look(&ticks, &ns);
    if (ns - first.ns < MIN_LOOK_NS) {
        g_usleep((MIN_LOOK_NS - (ns - first.ns)) / SCALE_US + 1);
        look(&ticks, &ns);
    }
    return (double)(ticks - first.ticks) * NANOSECONDS_PER_SECOND / (ns - first.ns);
}

static void set_scale(void)
{
    uint64_t hz = ticks_per_second();

    base.shift = 0;
    /* So that the multiplier has 32 bits, the first of them set. */
    for (; hz > 2 * NANOSECONDS_PER_SECOND; hz >>= 1) {
        base.shift--;
    }
    for (; hz <= NANOSECONDS_PER_SECOND; hz <<= 1) {
        base.shift++;
    }
    base.mul = ((uint64_t)NANOSECONDS_PER_SECOND << 32) / hz;
}

static uint64_t to_ns(uint64_t ticks, uint32_t mul, int8_t shift)
{
    ticks = shift < 0 ? ticks >> MIN(-shift, 63) : ticks << MIN(shift, 63);
    return (unsigned __int128)ticks * mul >> 32;
}

/* ---- pages ---- */

static bool enabled(const CPUX86State *env)
{
    return env->kvm_system_time_msr & MSR_ENABLE;
}

static bool read_page(CPUX86State *env, TimeInfo *info)
{
    return address_space_read(x86_address_space(env), env->kvm_system_time_msr & ~MSR_ENABLE,
                              x86_mem_attrs(env), info, sizeof(*info)) == MEMTX_OK;
}

static void fill(const CPUX86State *env, TimeInfo *info)
{
    info->tsc = base.ticks + env->tsc_offset;
    info->time = base.ns;
    info->mul = base.mul;
    info->shift = base.shift;
    info->flags = FLAG_STABLE;
}

static void write_page(CPUX86State *env)
{
    AddressSpace *as = x86_address_space(env);
    hwaddr addr = env->kvm_system_time_msr & ~MSR_ENABLE;
    TimeInfo info = {0};

    if (!read_page(env, &info)) {
        return;
    }
    fill(env, &info);
    info.version |= 1;
    address_space_write(as, addr, x86_mem_attrs(env), &info, sizeof(info));
    smp_wmb();
    info.version++;
    address_space_write(as, addr, x86_mem_attrs(env), &info.version, sizeof(info.version));
}

/* From now on @ns. A clock that goes back (loadvm) needs that, too. */
static void set_base(int64_t ns)
{
    set_scale();
    base.ticks = cpus_get_elapsed_ticks();
    base.ns = ns;
    base.valid = true;
}

/* Where instructions are counted, the host's clock is something that differs from run to run. */
static int64_t wall_clock_ns(void)
{
    return icount_enabled() ? qemu_get_wall_clock_ns() : qemu_clock_get_ns(QEMU_CLOCK_HOST);
}

static void write_wall_clock(CPUX86State *env)
{
    int64_t now = wall_clock_ns() -
                  (base.ns + to_ns(cpus_get_elapsed_ticks() - base.ticks, base.mul, base.shift));
    WallClock w = {
        .version = 2,
        .sec = now / NANOSECONDS_PER_SECOND,
        .nsec = now % NANOSECONDS_PER_SECOND,
    };

    address_space_write(x86_address_space(env), env->kvm_wall_clock_msr, x86_mem_attrs(env), &w,
                        sizeof(w));
}

void x86_kvmclock_update(CPUX86State *env, bool wall)
{
    if (!wall && !enabled(env)) {
        return;
    }
    bql_lock();
    if (!base.valid || cpus_get_elapsed_ticks() < base.ticks) {
        set_base(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    }
    if (wall) {
        write_wall_clock(env);
    } else {
        write_page(env);
    }
    bql_unlock();
}

/* ---- state from elsewhere ---- */

static bool is_ours(CPUX86State *env, const TimeInfo *info)
{
    TimeInfo want = *info;

    fill(env, &want);
    return base.valid && memcmp(&want, info, sizeof(want)) == 0;
}

/*
 * The machine runs. If it brought its pages from another host or process, time goes
 * on where those say that it is.
 */
static void vm_state_changed(void *opaque, bool running, RunState state)
{
    bool moved = false;
    CPUState *cs;

    if (!running) {
        return;
    }
    CPU_FOREACH (cs) {
        CPUX86State *env = cpu_env(cs);
        TimeInfo info;

        if (!enabled(env) || !read_page(env, &info)) {
            continue;
        }
        if (!moved && !is_ours(env, &info)) {
            set_base(info.time + to_ns(cpu_get_tsc(env) - info.tsc, info.mul, info.shift));
            moved = true;
        }
        if (moved) {
            write_page(env);
        }
    }
}

void x86_kvmclock_init(void)
{
    look(&first.ticks, &first.ns);
    qemu_add_vm_change_state_handler(vm_state_changed, NULL);
}
