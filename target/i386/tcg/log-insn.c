/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The in_asm and op logs: instructions of a block as text, and as the decoder sees them. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/i386/disas.h"
#include "target/i386/tcg/exec.h"

static void append_in_asm(GString *s, uint64_t pc, const DecodedInsn *insn, unsigned n,
                          uint32_t hflags)
{
    g_string_append(s, "----------------\nIN:\n");
    for (unsigned i = 0; i < n; i++) {
        x86_disas(s, x86_code_bits(hflags), pc, insn[i].bytes, insn[i].len);
        pc += insn[i].len;
    }
    g_string_append_c(s, '\n');
}

static void append_op(GString *s, uint64_t pc, const DecodedInsn *insn, unsigned n)
{
    g_string_append(s, "OP:\n");
    for (unsigned i = 0; i < n; i++) {
        const DecodedInsn *d = &insn[i];

        g_string_append_printf(
            s, " %016" PRIx64 "  %-16s len=%u%s%s%s%s%s\n", pc, x86_op_name(d->op), d->len,
            d->has_modrm ? " modrm" : "", d->flags & X86_IF_BRANCH ? " branch" : "",
            d->flags & X86_IF_END_BLOCK ? " end" : "", d->flags & X86_IF_IO ? " io" : "",
            d->flags & (X86_IF_X87 | X86_IF_VECTOR) ? " vector" : "");
        pc += d->len;
    }
    g_string_append_c(s, '\n');
}

void x86_log_block(uint64_t pc, const DecodedInsn *insn, unsigned n, uint32_t hflags)
{
    g_autoptr(GString) s = NULL;

    if (!qemu_log_in_addr_range(pc)) {
        return;
    }
    s = g_string_new(NULL);
    if (qemu_loglevel_mask(CPU_LOG_TB_IN_ASM)) {
        append_in_asm(s, pc, insn, n, hflags);
    }
    if (qemu_loglevel_mask(CPU_LOG_TB_OP)) {
        append_op(s, pc, insn, n);
    }
    qemu_log("%s", s->str);
}
