/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "target/i386/disas.h"
#ifdef CONFIG_CAPSTONE
#include <capstone/capstone.h>

/* One handle per mode and thread: capstone's are not for sharing. */
static __thread csh handles[3];

/* Length of the instruction, whose text goes to @out; 0: none, or it cannot be told. */
static unsigned disassemble(GString *out, unsigned bits, uint64_t pc, const uint8_t *bytes,
                            size_t n)
{
    static const cs_mode modes[] = {CS_MODE_16, CS_MODE_32, CS_MODE_64};
    int i = bits / 32;
    unsigned len;
    cs_insn *insn;

    if (!handles[i]) {
        if (cs_open(CS_ARCH_X86, modes[i], &handles[i]) != CS_ERR_OK) {
            handles[i] = 0;
            return 0;
        }
        cs_option(handles[i], CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
    }
    if (cs_disasm(handles[i], bytes, n, pc, 1, &insn) != 1) {
        return 0;
    }
    len = insn->size;
    g_string_printf(out, "%-8s %s", insn->mnemonic, insn->op_str);
    cs_free(insn, 1);
    return len;
}
#else
static unsigned disassemble(GString *out, unsigned bits, uint64_t pc, const uint8_t *bytes,
                            size_t n)
{
    return 0;
}
#endif

unsigned x86_disas(GString *text, unsigned bits, uint64_t pc, const uint8_t *bytes, size_t n)
{
    g_autoptr(GString) insn = g_string_new(NULL);
    g_autoptr(GString) hex = g_string_new(NULL);
    unsigned len = disassemble(insn, bits, pc, bytes, n);

    if (!len) {
        len = 1;
        g_string_printf(insn, ".byte    0x%02x", bytes[0]);
    }
    for (unsigned i = 0; i < len; i++) {
        g_string_append_printf(hex, "%02x ", bytes[i]);
    }
    g_string_append_printf(text, "0x%08" PRIx64 ":  %-24s %s\n", pc, hex->str, insn->str);
    return len;
}
