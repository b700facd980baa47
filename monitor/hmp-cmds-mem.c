/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP commands that look at memory and ports, and calculate. */

#include "qemu/osdep.h"
#include "commands.h"
#include "qapi/qapi-commands-dump.h"
#include "exec/address-space.h"
#include "exec/ioport.h"
#include "exec/memory.h"
#include "hw/core/cpu.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "target/i386/disas.h"

/* ---- dumps ---- */

typedef struct Dump {
    Monitor *mon;
    CPUState *cpu; /* NULL: physical addresses */
    uint64_t addr;
    int count, format, size;
} Dump;

static uint64_t load(const uint8_t *p, int size)
{
    switch (size) {
    case 1:
        return *p;
    case 2:
        return lduw_le_p(p);
    case 4:
        return (uint32_t)ldl_le_p(p);
    default:
        return ldq_le_p(p);
    }
}

static void print_char(Monitor *mon, unsigned char c)
{
    static const char escapes[] = "\nn\rr\tt\\\\''";

    for (const char *e = escapes; *e; e += 2) {
        if (c == *e) {
            monitor_printf(mon, "'\\%c'", e[1]);
            return;
        }
    }
    if (c >= 32 && c < 127) {
        monitor_printf(mon, "'%c'", c);
    } else {
        monitor_printf(mon, "'\\x%02x'", c);
    }
}

/* @size in bytes decides the width of hexadecimal and octal numbers; 0: as narrow as possible. */
static void print_value(Monitor *mon, int format, int size, uint64_t value)
{
    switch (format) {
    case 'o':
        monitor_printf(mon, "0%0*" PRIo64, size ? DIV_ROUND_UP(size * 8, 3) : 0, value);
        break;
    case 'd':
        if (size && size < 8) {
            value = sextract64(value, 0, size * 8);
        }
        monitor_printf(mon, "%" PRId64, (int64_t)value);
        break;
    case 'u':
        monitor_printf(mon, "%" PRIu64, value);
        break;
    case 'c':
        print_char(mon, value);
        break;
    default:
        monitor_printf(mon, "0x%0*" PRIx64, size * 2, value);
        break;
    }
}

static bool read_line(Dump *d, uint8_t *buf, int len)
{
    if (d->cpu ? cpu_memory_rw_debug(d->cpu, d->addr, buf, len, false) == 0
               : address_space_read(&address_space_memory, d->addr, MEMTXATTRS_UNSPECIFIED, buf,
                                    len) == MEMTX_OK) {
        return true;
    }
    monitor_printf(d->mon, " Cannot access memory\n");
    return false;
}

/* What can be read at d->addr; may be less than an instruction. */
static size_t read_code(Dump *d, uint8_t *buf, size_t len)
{
    size_t n = 0;

    while (n < len &&
           (d->cpu ? cpu_memory_rw_debug(d->cpu, d->addr + n, buf + n, 1, false) == 0
                   : address_space_read(&address_space_memory, d->addr + n, MEMTXATTRS_UNSPECIFIED,
                                        buf + n, 1) == MEMTX_OK)) {
        n++;
    }
    return n;
}

/* Instructions, of the width that the chosen CPU executes. */
static void dump_code(Dump *d)
{
    CPUState *cpu = d->cpu ? d->cpu : mon_get_cpu(d->mon);
    unsigned bits = cpu ? x86_code_bits(cpu_env(cpu)->hflags) : 16;
    uint8_t code[15];

    for (int i = 0; i < d->count; i++) {
        g_autoptr(GString) line = g_string_new(NULL);
        size_t n = read_code(d, code, sizeof(code));

        if (!n) {
            monitor_printf(d->mon, "0x%08" PRIx64 ": unable to read memory\n", d->addr);
            return;
        }
        d->addr += x86_disas(line, bits, d->addr, code, n);
        monitor_puts(d->mon, line->str);
    }
}

static void dump(Dump *d)
{
    int size = d->format == 'c' ? 1 : d->size ? d->size : 4;
    int line = size == 1 ? 8 : 16;
    uint64_t left = (uint64_t)MAX(d->count, 0) * size;
    uint8_t buf[16];

    if (d->format == 'i') {
        dump_code(d);
        return;
    }
    while (left) {
        int n = MIN(left, (uint64_t)line);
        monitor_printf(d->mon, "%016" PRIx64 ":", d->addr);
        if (!read_line(d, buf, n)) {
            return;
        }
        for (int i = 0; i < n; i += size) {
            monitor_puts(d->mon, " ");
            print_value(d->mon, d->format, size, load(buf + i, size));
        }
        monitor_puts(d->mon, "\n");
        d->addr += n;
        left -= n;
    }
}

static void run_dump(Monitor *mon, const QDict *args, CPUState *cpu)
{
    Dump d = {
        .mon = mon,
        .cpu = cpu,
        .addr = qdict_get_int(args, "addr"),
        /* What a person can read; a script uses memsave. */
        .count = MIN(qdict_get_int(args, "count"), 65536),
        .format = qdict_get_int(args, "format"),
        .size = qdict_get_int(args, "size"),
    };

    dump(&d);
}

static void cmd_x(Monitor *mon, const QDict *args)
{
    CPUState *cpu = mon_get_cpu(mon);

    if (cpu) {
        run_dump(mon, args, cpu);
    } else {
        monitor_puts(mon, "Error: the machine has no CPU\n");
    }
}

static void cmd_xp(Monitor *mon, const QDict *args)
{
    run_dump(mon, args, NULL);
}

static void cmd_print(Monitor *mon, const QDict *args)
{
    int format = qdict_get_int(args, "format");

    print_value(mon, format, 0, qdict_get_int(args, "val"));
    monitor_puts(mon, "\n");
}

/* ---- ports ---- */

static void cmd_i(Monitor *mon, const QDict *args)
{
    uint16_t port = qdict_get_int(args, "addr");
    int size = qdict_get_int(args, "size");
    uint32_t value;
    char suffix;

    if (size == 2) {
        value = cpu_inw(port);
        suffix = 'w';
    } else if (size == 4) {
        value = cpu_inl(port);
        suffix = 'l';
    } else {
        size = 1;
        value = cpu_inb(port);
        suffix = 'b';
    }
    monitor_printf(mon, "port%c[0x%04x] = 0x%0*x\n", suffix, port, size * 2, value);
}

static void cmd_o(Monitor *mon, const QDict *args)
{
    uint16_t port = qdict_get_int(args, "addr");
    uint32_t value = qdict_get_int(args, "val");

    switch (qdict_get_int(args, "size")) {
    case 2:
        cpu_outw(port, value);
        break;
    case 4:
        cpu_outl(port, value);
        break;
    default:
        cpu_outb(port, value);
        break;
    }
}

/* ---- addresses ---- */

static void cmd_gva2gpa(Monitor *mon, const QDict *args)
{
    CPUState *cpu = mon_get_cpu(mon);
    uint64_t addr = qdict_get_int(args, "addr");
    MemTxAttrs attrs;
    hwaddr gpa;

    if (!cpu) {
        monitor_puts(mon, "Error: the machine has no CPU\n");
        return;
    }
    gpa = cpu_get_phys_page_attrs_debug(cpu, addr & ~0xfffull, &attrs);
    if (gpa == (hwaddr)-1) {
        monitor_puts(mon, "Unmapped\n");
    } else {
        monitor_printf(mon, "gpa: 0x%" PRIx64 "\n", gpa + (addr & 0xfff));
    }
}

static void cmd_gpa2hva(Monitor *mon, const QDict *args)
{
    hwaddr addr = qdict_get_int(args, "addr"), offset, len = 1;
    RCU_READ_LOCK_GUARD();
    MemoryRegion *mr = address_space_translate(&address_space_memory, addr, &offset, &len, false,
                                               MEMTXATTRS_UNSPECIFIED);

    if (!mr || !memory_region_is_ram(mr)) {
        monitor_printf(mon, "Error: there is no RAM at address 0x%" PRIx64 "\n", addr);
        return;
    }
    monitor_printf(mon, "Host virtual address for 0x%" PRIx64 " (%s) is %p\n", addr,
                   memory_region_name(mr), (uint8_t *)memory_region_get_ram_ptr(mr) + offset);
}

/* The host's page at @p, from the kernel's table of this process (its Documentation: pagemap). */
static uint64_t host_page_entry(const void *p, Error **errp)
{
    size_t page = qemu_real_host_page_size();
    uint64_t entry;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

    if (fd < 0 ||
        pread(fd, &entry, sizeof(entry), (uintptr_t)p / page * sizeof(entry)) != sizeof(entry)) {
        error_setg_errno(errp, errno, "cannot read /proc/self/pagemap");
        entry = 0;
    } else if (!(entry >> 63)) {
        error_setg(errp, "that page is not in the host's memory now");
        entry = 0;
    } else if (!(entry & ((1ull << 55) - 1))) {
        error_setg(errp, "the host hides physical addresses from processes without CAP_SYS_ADMIN");
    }
    if (fd >= 0) {
        close(fd);
    }
    return entry & ((1ull << 55) - 1);
}

static void cmd_gpa2hpa(Monitor *mon, const QDict *args)
{
    hwaddr addr = qdict_get_int(args, "addr"), offset, len = 1;
    size_t page = qemu_real_host_page_size();
    Error *err = NULL;
    RCU_READ_LOCK_GUARD();
    MemoryRegion *mr = address_space_translate(&address_space_memory, addr, &offset, &len, false,
                                               MEMTXATTRS_UNSPECIFIED);
    const uint8_t *p;
    uint64_t frame;

    if (!mr || !memory_region_is_ram(mr)) {
        monitor_printf(mon, "Error: there is no RAM at address 0x%" PRIx64 "\n", addr);
        return;
    }
    p = (const uint8_t *)memory_region_get_ram_ptr(mr) + offset;
    (void)qatomic_read(p); /* so that there is a page */
    frame = host_page_entry(p, &err);
    if (!hmp_handle_error(mon, err)) {
        monitor_printf(mon, "Host physical address for 0x%" PRIx64 " (%s) is 0x%" PRIx64 "\n", addr,
                       memory_region_name(mr), frame * page + (uintptr_t)p % page);
    }
}

/* The checksum of BSD's sum(1). */
static void cmd_sum(Monitor *mon, const QDict *args)
{
    hwaddr addr = qdict_get_int(args, "start");
    uint64_t size = qdict_get_int(args, "size");
    uint16_t sum = 0;

    for (uint64_t i = 0; i < size; i++) {
        uint8_t value =
            address_space_ldub(&address_space_memory, addr + i, MEMTXATTRS_UNSPECIFIED, NULL);
        sum = (sum >> 1) | (sum << 15);
        sum += value;
        if (i >= (64u << 20)) {
            monitor_puts(mon, "Error: more than 64 MiB take too long\n");
            return;
        }
    }
    monitor_printf(mon, "%05d\n", sum);
}

static void cmd_memsave(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "memsave", args));
}

static void cmd_pmemsave(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "pmemsave", args));
}

/* ---- dumps ---- */

/* Which format the letters stand for; NULL and @errp if they contradict each other. */
static const char *dump_format(const QDict *args, Error **errp)
{
    static const struct {
        const char *letter, *format, *raw;
    } formats[] = {
        {"-z", "kdump-zlib", "kdump-raw-zlib"},
        {"-l", "kdump-lzo", "kdump-raw-lzo"},
        {"-s", "kdump-snappy", "kdump-raw-snappy"},
        {"-w", "win-dmp", NULL},
    };
    bool raw = qdict_get_bool(args, "-R");
    const char *chosen = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (qdict_get_bool(args, formats[i].letter)) {
            if (chosen) {
                error_setg(errp, "only one of -z, -l, -s and -w can be given");
                return NULL;
            }
            chosen = raw && formats[i].raw ? formats[i].raw : formats[i].format;
        }
    }
    if (raw && (!chosen || qdict_get_bool(args, "-w"))) {
        error_setg(errp, "-R goes with -z, -l or -s");
        return NULL;
    }
    return chosen ? chosen : "elf";
}

static void cmd_dump_guest_memory(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    const char *format = dump_format(args, &err);
    g_autoptr(QDict) all = qdict_new();
    g_autofree char *protocol = NULL;

    if (hmp_handle_error(mon, err)) {
        return;
    }
    protocol = g_strconcat("file:", qdict_get_str(args, "filename"), NULL);
    qdict_put_str(all, "protocol", protocol);
    qdict_put_str(all, "format", format);
    qdict_put_bool(all, "paging", qdict_get_bool(args, "-p"));
    qdict_put_bool(all, "detach", qdict_get_bool(args, "-d"));
    if (qdict_haskey(args, "begin")) {
        qdict_put_int(all, "begin", qdict_get_int(args, "begin"));
    }
    if (qdict_haskey(args, "length")) {
        qdict_put_int(all, "length", qdict_get_int(args, "length"));
    }
    qobject_unref(hmp_call_qmp(mon, "dump-guest-memory", all));
}

static void info_dump(Monitor *mon, const QDict *args)
{
    DumpQueryResult *r = qmp_query_dump(NULL);

    monitor_printf(mon, "Status: %s\n", DumpStatus_str(r->status));
    if (r->status == DUMP_STATUS_ACTIVE) {
        monitor_printf(mon, "Finished: %.2f %%\n",
                       r->total ? 100.0 * r->completed / r->total : 0.0);
    }
    qapi_free_DumpQueryResult(r);
}

static const HMPCommand info_commands[] = {
    {"dump", "", "", "how far a dump of the guest's memory is", info_dump},
};

static const HMPCommand commands[] = {
    {"x", "/,addr:l", "/fmt addr", "shows virtual memory", cmd_x},
    {"xp", "/,addr:l", "/fmt addr", "shows physical memory", cmd_xp},
    {"print|p", "/,val:l", "/fmt expr", "value of an expression", cmd_print},
    {"i", "/,addr:i", "/fmt addr", "reads a port", cmd_i},
    {"o", "/,addr:i,val:i", "/fmt addr value", "writes to a port", cmd_o},
    {"gva2gpa", "addr:l", "addr", "physical address of a virtual one", cmd_gva2gpa},
    {"gpa2hva", "addr:l", "addr", "where guest memory is in this process", cmd_gpa2hva},
    {"gpa2hpa", "addr:l", "addr", "where guest memory is in the host's memory", cmd_gpa2hpa},
    {"sum", "start:i,size:i", "addr size", "checksum of physical memory", cmd_sum},
    {"memsave", "val:l,size:i,filename:s", "addr size file", "virtual memory to a file",
     cmd_memsave},
    {"pmemsave", "val:l,size:i,filename:s", "addr size file", "physical memory to a file",
     cmd_pmemsave},
    {"dump-guest-memory", "-p,-d,-z,-l,-s,-w,-R,filename:s,begin:l?,length:l?",
     "[-p] [-d] [-z|-l|-s|-w] [-R] filename [begin length]",
     "the guest's memory and registers to a file; -p: with virtual addresses, -d: in the "
     "background, -z, -l, -s: compressed by zlib, LZO or Snappy, -w: for WinDbg, "
     "-R: not as a stream",
     cmd_dump_guest_memory},
};

void hmp_register_memory(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
    hmp_register_commands(info_commands, ARRAY_SIZE(info_commands), true);
}
