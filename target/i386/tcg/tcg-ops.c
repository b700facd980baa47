/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The x86 CPU under the tcg accelerator: what accel/tcg calls. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "accel/tcg/cpu-ops.h"
#include "target/i386/tcg/code-track.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/hostvec.h"
#include "target/i386/tcg/jit.h"
#include "target/i386/tcg/kvmclock.h"
#include "target/i386/tcg/tcg-ops.h"
#include "target/i386/tcg/tlb.h"
#include "target/i386/tcg/window.h"

static TCGConfig config;

static bool x86_tcg_start(const TCGConfig *c, Error **errp)
{
    Error *err = NULL;

    config = *c;
    x86_pause_yields = c->one_thread;
    x86_code_track_init();
    x86_kvmclock_init();
    if (config.translator != ON_OFF_AUTO_OFF && !x86_jit_init(config.tb_size, &err)) {
        if (config.translator == ON_OFF_AUTO_ON) {
            error_propagate(errp, err);
            return false;
        }
        warn_report("guest code is interpreted, which is slow: %s", error_get_pretty(err));
        error_free(err);
    }
    if (!x86_jit_enabled() || config.one_insn || config.window == ON_OFF_AUTO_OFF) {
        return true;
    }
    if (!x86_window_init(config.window == ON_OFF_AUTO_ON, &err)) {
        if (config.window == ON_OFF_AUTO_ON) {
            error_propagate_prepend(errp, err,
                                    "property 'window' of accelerator tcg cannot be 'on': ");
            return false;
        }
#ifndef CONFIG_ASAN /* where that is no news */
        info_report("accelerator tcg: window=off, which makes programs slower: %s",
                    error_get_pretty(err));
#endif
        error_free(err);
    }
    return true;
}

static void x86_tcg_cpu_init(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);

    env->a20_mask = UINT64_MAX;
    env->checks_offsets = x86_cpu_is_amd(env);
    cs->accel = g_new0(AccelCPUState, 1);
    cs->accel->cache = x86_insn_cache_new();
    cs->accel->run = config.one_insn ? x86_interpret_one : x86_interpret;
    x86_tlb_init(env);
    if (x86_jit_enabled() && !config.one_insn) {
        x86_jit_cpu_init(env);
        cs->accel->run = x86_jit_run;
        cs->accel->heeds_debugger = true;
    }
}

static void x86_tcg_cpu_free(CPUState *cs)
{
    if (cs->accel) {
        x86_jit_cpu_free(cpu_env(cs));
        x86_tlb_free(cpu_env(cs));
        x86_insn_cache_free(cs->accel->cache);
        g_clear_pointer(&cs->accel, g_free);
    }
}

static void x86_tcg_thread_init(CPUState *cs)
{
    x86_hostvec_thread_init(cpu_env(cs));
    x86_window_thread_init();
}

static void x86_tcg_flush(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);

    if (!qatomic_load_acquire(&env->tlb)) {
        return;
    }
    /* What the vCPU itself changes must show at its next access. */
    if (current_cpu == cs) {
        x86_tlb_flush_all(env);
    }
    x86_tlb_flush_async(cs);
}

/* The TLB marks watched pages, translated code has gaps at breakpoints. */
static void x86_tcg_debug_changed(CPUState *cs)
{
    x86_tcg_flush(cs);
    x86_jit_set_breakpoints();
}

static void x86_tcg_reset(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);

    env->a20_mask = UINT64_MAX;
    env->dr6_pending = 0;
    cs->exception_index = -1;
    x86_tcg_flush(cs);
}

static void x86_tcg_describe(GString *buf)
{
    X86JitStats s;

    if (!x86_jit_enabled()) {
        g_string_append(buf, "translator: off\n");
        return;
    }
    x86_jit_get_stats(&s);
    g_string_append_printf(
        buf,
        "translator: %" PRIu64 " of %" PRIu64 " bytes used\n"
        "translator: %" PRIu64 " blocks, of %" PRIu64 " guest bytes, %" PRIu64 " host bytes\n"
        "translator: %" PRIu64 " blocks translated, %" PRIu64 " invalidated, %" PRIu64 " evicted\n"
        "translator: %" PRIu64 " links, %" PRIu64 " look-ups, %" PRIu64 " slow fills, %" PRIu64
        " instructions interpreted\n",
        s.buffer_used, s.buffer_size, s.blocks, s.guest_bytes, s.host_bytes, s.translated,
        s.invalidated, s.evicted, s.links, s.lookups, s.slow_fills, s.interpreted);
    x86_window_describe(buf);
}

const TCGCPUOps x86_tcg_ops = {
    .start = x86_tcg_start,
    .cpu_init = x86_tcg_cpu_init,
    .cpu_free = x86_tcg_cpu_free,
    .thread_init = x86_tcg_thread_init,
    .exec = x86_cpu_exec,
    .exec_atomic = x86_cpu_exec_atomic,
    .flush = x86_tcg_flush,
    .debug_changed = x86_tcg_debug_changed,
    .describe = x86_tcg_describe,
    .reset = x86_tcg_reset,
};
