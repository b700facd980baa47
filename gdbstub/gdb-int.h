/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gdb remote protocol (gdb manual, appendix E "Remote Serial Protocol").
 *
 *   packet.c   bytes to packets and back: checksums, escapes, acknowledgements
 *   server.c   the character device, a client's life, what stops the machine
 *   commands.c which packet is which; registers, breakpoints, threads
 *   memory.c   m M x X, searches and checksums
 *   query.c    q and Q packets
 *   resume.c   c s vCont; stop replies
 *
 * All of it runs in the main thread with the BQL held, but for the debug hook.
 */
#ifndef GDB_INT_H
#define GDB_INT_H

#include "chardev/char-fe.h"
#include "gdbstub/gdbstub.h"
#include "gdbstub/target.h"
#include "system/runstate.h"

/* Longest packet that is taken, without frame; what longer ones have is dropped. */
#define GDB_PACKET_MAX 16384
/* Breakpoints a client may have set at once. */
#define GDB_MAX_BREAKPOINTS 4096
#define GDB_PID             1

/* ---- packet.c ---- */

typedef enum GdbRxState {
    GDB_RX_IDLE,
    GDB_RX_BODY,
    GDB_RX_ESCAPE,
    GDB_RX_REPEAT,
    GDB_RX_SUM1,
    GDB_RX_SUM2,
} GdbRxState;

typedef enum GdbRxEvent {
    GDB_RX_NONE,
    GDB_RX_PACKET,    /* rx->body is complete and its checksum right */
    GDB_RX_BAD,       /* it is not: the client is to send it again */
    GDB_RX_INTERRUPT, /* a lone Ctrl-C */
    GDB_RX_NACK,      /* the client did not understand our last packet */
} GdbRxEvent;

typedef struct GdbReceiver {
    GdbRxState state;
    GByteArray *body; /* escapes resolved; a zero byte follows the last */
    uint8_t sum, want_sum;
    bool overflow;
    bool check_sum;
} GdbReceiver;

void gdb_rx_init(GdbReceiver *rx);
void gdb_rx_free(GdbReceiver *rx);
/* Takes one byte. After GDB_RX_PACKET @rx->body stays until the next byte. */
GdbRxEvent gdb_rx_byte(GdbReceiver *rx, uint8_t c);
/* "$...#xx" around @data, with what needs it escaped, appended to @out. */
void gdb_frame(GByteArray *out, const uint8_t *data, size_t len);
/* Hexadecimal digits of @data appended. */
void gdb_append_hex(GString *s, const uint8_t *data, size_t len);
/* @len bytes from 2 * @len digits; false: something else is there. */
bool gdb_parse_hex(const char *digits, uint8_t *data, size_t len);
/* A hexadecimal number at *@p, which moves behind it; false: none, or above 64 bits. */
bool gdb_parse_number(const char **p, uint64_t *value);

/* ---- server.c ---- */

/* Why a CPU stopped, until a stop reply says so. */
typedef enum GdbStopReason {
    GDB_STOP_NONE,
    GDB_STOP_STEP, /* or something outside */
    GDB_STOP_BREAKPOINT,
    GDB_STOP_WATCH,
} GdbStopReason;

typedef struct GdbStop {
    GdbStopReason reason;
    int cpu_index;
    int watch_flags; /* BP_MEM_... */
    vaddr address;
} GdbStop;

typedef struct GdbBreakpoint {
    int type;
    vaddr addr, len;
} GdbBreakpoint;

typedef struct GdbServer {
    CharBackend chr;
    bool has_chr;
    bool hooked; /* run state and debug hooks are in place */
    bool attached;
    GdbReceiver rx;
    GByteArray *last; /* our last packet, until it is acknowledged */
    unsigned resends;

    bool no_ack, extended, multiprocess, swbreak, hwbreak;
    bool waiting;  /* the client resumed the machine and waits for a stop reply */
    bool quitting; /* it said to end the machine */
    bool physical; /* memory packets take physical addresses */
    int sstep_flags;
    unsigned layout;
    CPUState *g_cpu, *c_cpu; /* of Hg, Hc */
    unsigned next_thread;    /* qsThreadInfo goes on here */
    GArray *breakpoints;     /* GdbBreakpoint */
    GdbStop stop;            /* of this stop */
    GArray *later;           /* GdbStop of other CPUs that came to one at the same time */
} GdbServer;

extern GdbServer gdb;

void gdb_put(const char *text);
void gdb_put_data(const void *data, size_t len);
G_GNUC_PRINTF(1, 2) void gdb_putf(const char *fmt, ...);
/* OK, or E with @number. */
void gdb_put_ok(void);
void gdb_put_error(int number);
/* Text for the client's user: an O packet. */
void gdb_put_output(const char *text);
/* The client goes or went: its breakpoints go, CPUs no longer step. */
void gdb_forget_client(void);

/* ---- commands.c ---- */

/* A packet: its bytes, of which the client chose every one; NUL-terminated. */
typedef struct GdbPacket {
    const char *text;
    size_t len;
} GdbPacket;

void gdb_handle_packet(const GdbPacket *p);
bool gdb_remove_all_breakpoints(void);
/* E for a client's mistake, in errno numbers, which gdb shows as they are. */
#define GDB_EINVAL 22
#define GDB_EFAULT 14

/* ---- threads ---- */

/* Result of parsing a thread id. */
enum { GDB_THREAD_BAD = -2, GDB_THREAD_ALL = -1, GDB_THREAD_ANY = 0 };

/* "1f", "-1", "p1.1f", "p1.-1" at *@p: one of the above, or a thread number (CPU index + 1). */
int gdb_parse_thread(const char **p);
CPUState *gdb_thread_cpu(int thread);
/* The thread id of @cpu as this client writes them. */
void gdb_append_thread(GString *s, const CPUState *cpu);

/* ---- memory.c, query.c, resume.c ---- */

void gdb_cmd_read_memory(const GdbPacket *p);
void gdb_cmd_read_memory_binary(const GdbPacket *p);
void gdb_cmd_write_memory(const GdbPacket *p);
void gdb_cmd_write_memory_binary(const GdbPacket *p);
void gdb_query_search(const GdbPacket *p);
void gdb_query_crc(const GdbPacket *p);

void gdb_cmd_query(const GdbPacket *p);
void gdb_cmd_set(const GdbPacket *p);

void gdb_cmd_continue(const GdbPacket *p);
void gdb_cmd_step(const GdbPacket *p);
void gdb_cmd_vcont(const GdbPacket *p);
/* The machine is in a state from which it may go on. */
bool gdb_can_resume(void);
/* The answer to ?: why the machine is stopped. */
void gdb_put_stop_reply(int signal);
/* Handlers of run-state changes and of CPUs that hit something. */
void gdb_vm_state_changed(void *opaque, bool running, RunState state);
void gdb_cpu_stopped(CPUState *cpu);

/* Signals by gdb's own numbers (include/gdb/signals.def). */
enum {
    GDB_SIGNAL_0 = 0,
    GDB_SIGNAL_INT = 2,
    GDB_SIGNAL_QUIT = 3,
    GDB_SIGNAL_TRAP = 5,
    GDB_SIGNAL_ABRT = 6,
    GDB_SIGNAL_ALRM = 14,
    GDB_SIGNAL_IO = 23,
    GDB_SIGNAL_XCPU = 24,
    GDB_SIGNAL_UNKNOWN = 143,
};

#endif
