/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target description: names, sizes, types and order of registers (gdb
 * manual, G.5.5 "i386 Features"). What gdb has no feature for (control and
 * debug registers, tables) is in a feature of our own, group "system".
 */
#include "qemu/osdep.h"
#include "target/i386/gdb-regs.h"

/* ---- types of fields ---- */

#define FIELD(name, first, last) "<field name=\"" name "\" start=\"" #first "\" end=\"" #last "\"/>"
#define BIT_FIELD(name, bit)     FIELD(name, bit, bit)

static const char eflags_type[] = "<flags id=\"i386_eflags\" size=\"4\">" BIT_FIELD("CF", 0)
    BIT_FIELD("", 1) BIT_FIELD("PF", 2) BIT_FIELD("AF", 4) BIT_FIELD("ZF", 6) BIT_FIELD("SF", 7)
        BIT_FIELD("TF", 8) BIT_FIELD("IF", 9) BIT_FIELD("DF", 10) BIT_FIELD("OF", 11)
            BIT_FIELD("NT", 14) BIT_FIELD("RF", 16) BIT_FIELD("VM", 17) BIT_FIELD("AC", 18)
                BIT_FIELD("VIF", 19) BIT_FIELD("VIP", 20) BIT_FIELD("ID", 21) "</flags>";

static const char mxcsr_type[] =
    "<flags id=\"i386_mxcsr\" size=\"4\">" BIT_FIELD("IE", 0) BIT_FIELD("DE", 1) BIT_FIELD("ZE", 2)
        BIT_FIELD("OE", 3) BIT_FIELD("UE", 4) BIT_FIELD("PE", 5) BIT_FIELD("DAZ", 6)
            BIT_FIELD("IM", 7) BIT_FIELD("DM", 8) BIT_FIELD("ZM", 9) BIT_FIELD("OM", 10)
                BIT_FIELD("UM", 11) BIT_FIELD("PM", 12) BIT_FIELD("FZ", 15) "</flags>";

static const char vec128_type[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
    "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
    "<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
    "<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
    "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>";

/* SDM volume 3, 2.5 and 2.2.1; each of 8 bytes, or 4 in 32-bit layouts. */
static const char cr0_fields[] = BIT_FIELD("PE", 0) BIT_FIELD("MP", 1) BIT_FIELD("EM", 2)
    BIT_FIELD("TS", 3) BIT_FIELD("ET", 4) BIT_FIELD("NE", 5) BIT_FIELD("WP", 16) BIT_FIELD("AM", 18)
        BIT_FIELD("NW", 29) BIT_FIELD("CD", 30) BIT_FIELD("PG", 31);

static const char cr4_fields[] = BIT_FIELD("VME", 0) BIT_FIELD("PVI", 1) BIT_FIELD("TSD", 2)
    BIT_FIELD("DE", 3) BIT_FIELD("PSE", 4) BIT_FIELD("PAE", 5) BIT_FIELD("MCE", 6)
        BIT_FIELD("PGE", 7) BIT_FIELD("PCE", 8) BIT_FIELD("OSFXSR", 9) BIT_FIELD("OSXMMEXCPT", 10)
            BIT_FIELD("UMIP", 11) BIT_FIELD("LA57", 12) BIT_FIELD("VMXE", 13) BIT_FIELD("SMXE", 14)
                BIT_FIELD("FSGSBASE", 16) BIT_FIELD("PCIDE", 17) BIT_FIELD("OSXSAVE", 18)
                    BIT_FIELD("SMEP", 20) BIT_FIELD("SMAP", 21) BIT_FIELD("PKE", 22)
                        BIT_FIELD("CET", 23) BIT_FIELD("PKS", 24);

static const char efer_fields[] = BIT_FIELD("SCE", 0) BIT_FIELD("LME", 8) BIT_FIELD("LMA", 10)
    BIT_FIELD("NXE", 11) BIT_FIELD("SVME", 12) BIT_FIELD("FFXSR", 14);

static const char *const feature_name[X86_GDB_FEATURES] = {
    [X86_GDB_CORE] = "org.gnu.gdb.i386.core",
    [X86_GDB_SSE] = "org.gnu.gdb.i386.sse",
    [X86_GDB_SEGMENTS] = "org.gnu.gdb.i386.segments",
    [X86_GDB_AVX] = "org.gnu.gdb.i386.avx",
    [X86_GDB_AVX512] = "org.gnu.gdb.i386.avx512",
    [X86_GDB_PKEYS] = "org.gnu.gdb.i386.pkeys",
    [X86_GDB_SYSTEM] = "rhea.i386.system",
};

static void append_types(GString *s, X86GdbFeature feature, bool wide)
{
    unsigned size = wide ? 8 : 4;

    switch (feature) {
    case X86_GDB_CORE:
        g_string_append(s, eflags_type);
        break;
    case X86_GDB_SSE:
        g_string_append(s, vec128_type);
        g_string_append(s, mxcsr_type);
        break;
    case X86_GDB_AVX512:
        g_string_append(s, vec128_type);
        g_string_append(s, "<vector id=\"v2ui128\" type=\"uint128\" count=\"2\"/>");
        break;
    case X86_GDB_SYSTEM:
        g_string_append_printf(s, "<flags id=\"i386_cr0\" size=\"%u\">%s</flags>", size,
                               cr0_fields);
        g_string_append_printf(s, "<flags id=\"i386_cr4\" size=\"%u\">%s</flags>", size,
                               cr4_fields);
        g_string_append_printf(s, "<flags id=\"i386_efer\" size=\"8\">%s</flags>", efer_fields);
        break;
    default:
        break;
    }
}

/* ---- lists ---- */

static void G_GNUC_PRINTF(4, 5)
    add(GArray *a, X86GdbReg proto, unsigned index, const char *fmt, ...)
{
    va_list ap;

    proto.index = index;
    va_start(ap, fmt);
    vsnprintf(proto.name, sizeof(proto.name), fmt, ap);
    va_end(ap);
    g_array_append_val(a, proto);
}

static void add_core(GArray *a, bool wide)
{
    static const char *const gpr[] = {"ax", "bx", "cx", "dx", "si", "di", "bp", "sp"};
    static const uint8_t order[] = {R_EAX, R_EBX, R_ECX, R_EDX, R_ESI, R_EDI, R_EBP, R_ESP};
    /* Without REX the order is that of the instruction set, with it gdb's own. */
    static const char *const gpr32[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    static const char *const seg[] = {"cs", "ss", "ds", "es", "fs", "gs"};
    static const uint8_t seg_index[] = {R_CS, R_SS, R_DS, R_ES, R_FS, R_GS};
    static const char *const x87[] = {"fctrl", "fstat", "ftag",  "fiseg",
                                      "fioff", "foseg", "fooff", "fop"};
    unsigned word = wide ? 8 : 4;
    const char *integer = wide ? "int64" : "int32";

    for (unsigned i = 0; i < 8; i++) {
        const char *name = wide ? gpr[i] : gpr32[i];
        bool pointer = !strcmp(name, "sp") || !strcmp(name, "bp");

        add(a,
            (X86GdbReg){.kind = X86_GDB_GPR, .bytes = word, .type = pointer ? "data_ptr" : integer},
            wide ? order[i] : i, "%c%s", wide ? 'r' : 'e', name);
    }
    for (unsigned i = 8; wide && i < 16; i++) {
        add(a, (X86GdbReg){.kind = X86_GDB_GPR, .bytes = 8, .type = "int64"}, i, "r%u", i);
    }
    add(a, (X86GdbReg){.kind = X86_GDB_IP, .bytes = word, .type = "code_ptr"}, 0, "%cip",
        wide ? 'r' : 'e');
    add(a, (X86GdbReg){.kind = X86_GDB_FLAGS, .bytes = 4, .type = "i386_eflags"}, 0, "eflags");
    for (unsigned i = 0; i < 6; i++) {
        add(a, (X86GdbReg){.kind = X86_GDB_SEG, .bytes = 4, .type = "int32"}, seg_index[i], "%s",
            seg[i]);
    }
    for (unsigned i = 0; i < 8; i++) {
        add(a, (X86GdbReg){.kind = X86_GDB_ST, .bytes = 10, .type = "i387_ext"}, i, "st%u", i);
    }
    for (unsigned i = 0; i < 8; i++) {
        add(a, (X86GdbReg){.kind = X86_GDB_X87, .bytes = 4, .type = "int", .group = "float"}, i,
            "%s", x87[i]);
    }
}

static void add_vectors(GArray *a, CPUX86State *env, bool wide)
{
    unsigned n = wide ? 16 : 8;
    X86GdbReg xmm = {.kind = X86_GDB_XMM, .bytes = 16, .type = "vec128"};
    X86GdbReg ymmh = {.kind = X86_GDB_YMMH, .bytes = 16, .type = "uint128"};
    X86GdbReg zmmh = {.kind = X86_GDB_ZMMH, .bytes = 32, .type = "v2ui128"};

    if (env->features[FEAT_1_ECX] & CPUID_EXT_AVX) {
        ymmh.feature = X86_GDB_AVX;
        for (unsigned i = 0; i < n; i++) {
            add(a, ymmh, i, "ymm%uh", i);
        }
    }
    if (!(env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_AVX512F)) {
        return;
    }
    xmm.feature = ymmh.feature = zmmh.feature = X86_GDB_AVX512;
    for (unsigned i = 16; wide && i < 32; i++) {
        add(a, xmm, i, "xmm%u", i);
    }
    for (unsigned i = 16; wide && i < 32; i++) {
        add(a, ymmh, i, "ymm%uh", i);
    }
    for (unsigned i = 0; i < 8; i++) {
        add(a,
            (X86GdbReg){
                .feature = X86_GDB_AVX512, .kind = X86_GDB_OPMASK, .bytes = 8, .type = "uint64"},
            i, "k%u", i);
    }
    for (unsigned i = 0; i < (wide ? 32 : 8); i++) {
        add(a, zmmh, i, "zmm%uh", i);
    }
}

static void add_system(GArray *a, bool wide)
{
    static const char *const seg[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    static const uint8_t cr[] = {0, 2, 3, 4, 8}, dr[] = {0, 1, 2, 3, 6, 7};
    const char *integer = wide ? "int64" : "int32", *pointer = "data_ptr";
    X86GdbReg reg = {.feature = X86_GDB_SYSTEM, .bytes = wide ? 8 : 4, .group = "system"};

    reg.kind = X86_GDB_SEG_BASE;
    reg.type = integer;
    for (unsigned i = 0; i < (wide ? 4 : 6); i++) {
        add(a, reg, i, "%s_base", seg[i]);
    }
    add(a,
        (X86GdbReg){.feature = X86_GDB_SYSTEM,
                    .kind = X86_GDB_KERNEL_GS,
                    .bytes = 8,
                    .type = "int64",
                    .group = "system"},
        0, "k_gs_base");
    for (unsigned i = 0; i < ARRAY_SIZE(cr); i++) {
        reg.kind = X86_GDB_CR;
        reg.type = cr[i] == 0 ? "i386_cr0" : cr[i] == 4 ? "i386_cr4" : integer;
        add(a, reg, cr[i], "cr%u", cr[i]);
    }
    reg.type = integer;
    for (unsigned i = 0; i < ARRAY_SIZE(dr); i++) {
        reg.kind = X86_GDB_DR;
        add(a, reg, dr[i], "dr%u", dr[i]);
    }
    reg.kind = X86_GDB_TABLE;
    reg.type = pointer;
    add(a, reg, 0, "gdt_base");
    add(a, reg, 2, "idt_base");
    reg.bytes = 4;
    reg.type = "int32";
    add(a, reg, 1, "gdt_limit");
    add(a, reg, 3, "idt_limit");
    reg.bytes = 8;
    reg.kind = X86_GDB_EFER;
    reg.type = "i386_efer";
    add(a, reg, 0, "efer");
    reg.kind = X86_GDB_XCR0;
    reg.type = "uint64";
    add(a, reg, 0, "xcr0");
}

static GArray *make_list(CPUX86State *env, bool wide)
{
    GArray *a = g_array_new(false, false, sizeof(X86GdbReg));

    add_core(a, wide);
    for (unsigned i = 0; i < (wide ? 16 : 8); i++) {
        add(a,
            (X86GdbReg){.feature = X86_GDB_SSE, .kind = X86_GDB_XMM, .bytes = 16, .type = "vec128"},
            i, "xmm%u", i);
    }
    add(a,
        (X86GdbReg){.feature = X86_GDB_SSE,
                    .kind = X86_GDB_MXCSR,
                    .bytes = 4,
                    .type = "i386_mxcsr",
                    .group = "vector"},
        0, "mxcsr");
    for (unsigned i = R_FS; wide && i <= R_GS; i++) {
        add(a,
            (X86GdbReg){
                .feature = X86_GDB_SEGMENTS, .kind = X86_GDB_SEG_BASE, .bytes = 8, .type = "int"},
            i, "%s", i == R_FS ? "fs_base" : "gs_base");
    }
    add_vectors(a, env, wide);
    if (env->features[FEAT_7_0_ECX] & CPUID_7_0_ECX_PKU) {
        add(a,
            (X86GdbReg){
                .feature = X86_GDB_PKEYS, .kind = X86_GDB_PKRU, .bytes = 4, .type = "uint32"},
            0, "pkru");
    }
    add_system(a, wide);
    return a;
}

const X86GdbReg *x86_gdb_regs(CPUX86State *env, unsigned layout, unsigned *n)
{
    /* All CPUs of a machine have the same features. */
    static GArray *lists[2];
    bool wide = layout == X86_GDB_64;

    if (!lists[wide]) {
        lists[wide] = make_list(env, wide);
    }
    *n = lists[wide]->len;
    return (const X86GdbReg *)lists[wide]->data;
}

char *x86_gdb_description(CPUX86State *env, unsigned layout)
{
    static const char *const arch[X86_GDB_LAYOUTS] = {"i8086", "i386", "i386:x86-64"};
    GString *s = g_string_new("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
                              "<target>");
    unsigned n, feature = X86_GDB_FEATURES;
    const X86GdbReg *regs = x86_gdb_regs(env, layout, &n);

    g_string_append_printf(s, "<architecture>%s</architecture>", arch[layout]);
    for (unsigned i = 0; i < n; i++) {
        const X86GdbReg *r = &regs[i];

        if (r->feature != feature) {
            g_string_append_printf(s, "%s<feature name=\"%s\">", i ? "</feature>" : "",
                                   feature_name[r->feature]);
            append_types(s, r->feature, layout == X86_GDB_64);
            feature = r->feature;
        }
        g_string_append_printf(s, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\"",
                               r->name, r->bytes * 8, r->type, i);
        if (r->group) {
            g_string_append_printf(s, " group=\"%s\"", r->group);
        }
        g_string_append(s, "/>");
    }
    g_string_append(s, "</feature></target>\n");
    return g_string_free(s, false);
}
