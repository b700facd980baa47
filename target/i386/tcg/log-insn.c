/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The in_asm log: disassembled with capstone where that is built in, else as bytes. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/i386/tcg/exec.h"
#ifdef CONFIG_CAPSTONE
#include <capstone/capstone.h>

/* One handle per mode and thread: capstone's are not for sharing. */
static __thread csh handles[3];

static bool disassemble(uint64_t pc, const DecodedInsn *d, uint32_t hflags, GString *text)
{
    static const cs_mode modes[] = {CS_MODE_16, CS_MODE_32, CS_MODE_64};
    int i = hflags & HF_CS64 ? 2 : hflags & HF_CS32 ? 1 : 0;
    cs_insn *insn;

    if (!handles[i] && cs_open(CS_ARCH_X86, modes[i], &handles[i]) != CS_ERR_OK) {
        handles[i] = 0;
        return false;
    }
    if (cs_disasm(handles[i], d->bytes, d->len, pc, 1, &insn) != 1) {
        return false;
    }
    g_string_printf(text, "%s %s", insn->mnemonic, insn->op_str);
    cs_free(insn, 1);
    return true;
}
#else
static bool disassemble(uint64_t pc, const DecodedInsn *d, uint32_t hflags, GString *text)
{
    return false;
}
#endif

void x86_log_insn(uint64_t pc, const DecodedInsn *d, uint32_t hflags)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char bytes[X86_MAX_INSN_LEN * 3 + 1] = "";

    for (int i = 0; i < d->len; i++) {
        snprintf(bytes + i * 3, 4, "%02x ", d->bytes[i]);
    }
    if (!disassemble(pc, d, hflags, text)) {
        g_string_assign(text, x86_op_name(d->op));
    }
    qemu_log("0x%08" PRIx64 ":  %-24s %s\n", pc, bytes, text->str);
}
