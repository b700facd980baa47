/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The out_asm log: host code of a translated block, under the guest's instructions. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/i386/disas.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/jit/gen.h"

static void append_host(GString *s, const uint8_t *p, const uint8_t *end, ptrdiff_t to_rx)
{
    while (p < end) {
        p += x86_disas(s, 64, (uintptr_t)(p + to_rx), p, end - p);
    }
}

/* What lies behind the last instruction are look-ups that miss, and exits, with data between. */
static void append_out_asm(GString *s, const JitGen *g, const JitBlock *b, uint64_t pc)
{
    const uint8_t *end = b->base + b->size;

    g_string_append_printf(s, "OUT: [size=%u]\n", b->size);
    for (unsigned i = 0; i < b->ninsn; i++) {
        const uint8_t *p = g->code + b->insn[i].host;

        g_string_append_printf(s, "  -- guest addr 0x%016" PRIx64 "\n",
                               pc + b->insn[i].off - b->first_off);
        if (i + 1 < b->ninsn) {
            append_host(s, p, g->code + b->insn[i + 1].host, g->e.to_rx);
        } else {
            append_host(s, p, end, g->e.to_rx);
        }
    }
    g_string_append_c(s, '\n');
}

void jit_log_block(const JitGen *g, const JitBlock *b)
{
    uint64_t pc = x86_pc(g->env);

    if (qemu_log_in_addr_range(pc)) {
        g_autoptr(GString) s = g_string_new(NULL);

        append_out_asm(s, g, b, pc);
        qemu_log("%s", s->str);
    }
}
