/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation of one block: the context that the templates share. A template
 * writes no guest state before the last memory access of its instruction has
 * been looked up, so that an instruction can be started again or interpreted.
 */
#ifndef I386_JIT_GEN_H
#define I386_JIT_GEN_H

#include "target/i386/tcg/jit/jit-int.h"

/* A look-up whose miss is still to be written, behind the block's code. */
typedef struct JitMiss {
    uint8_t *rel; /* rel32 of the jump to it */
    uint8_t *hit; /* where it goes on */
    uint16_t insn;
    uint8_t access, size, class, mmu;
    int16_t micro; /* index in X86TLBMicro */
    bool table;    /* does not use it */
    X86MemRef mem; /* address to compute again */
    uint8_t addrsize;
    int8_t bit; /* guest register with a bit offset that is part of it, or GEN_NO_BIT */
    bool ready; /* the linear address is in T1 */
    bool run;   /* of all of a run (gen-run.c): without it, each access is looked up */
} JitMiss;

#define GEN_NO_BIT (-1)

/* A direct exit of the block being written. */
typedef struct JitPendingExit {
    uint8_t *rel;
    int32_t off;
    bool other_page; /* needs the target's eip and the jump cache */
    bool other_mode; /* needs another jump cache */
    bool fpu;        /* JitExit.fpu */
    uint16_t insn;   /* it belongs to */
} JitPendingExit;

typedef struct JitPoll {
    uint8_t *rel;
    uint16_t insn;
} JitPoll;

typedef struct JitGen {
    Emit e;
    CPUX86State *env;
    X86DecodeMode mode;
    uint32_t hflags; /* at the current instruction: STAC and CLAC change HF_AC */
    uint32_t entry_hflags;
    bool mode64;
    bool flat; /* no segment base or limit matters but FS and GS */
    int mmu;
    uint64_t pcbase; /* eip - off */
    ram_addr_t phys; /* of the first page */
    uint64_t eip_mask;
    bool fpu_checked;
    bool crowded;      /* of the micro TLB's entries only those for the stack are to be had */
    unsigned fpu_size; /* JitBlock.fpu_size */
    unsigned run_end;  /* index behind the last run of gen-run.c, or what was looked at for one */
    uint8_t *run_join; /* rel32 of its jump there, or NULL */

    const uint8_t *bytes; /* the guest's code, @avail bytes from @eip on */
    unsigned avail;
    uint64_t eip;
    unsigned npeeked;               /* of decoded: gen_peek() */
    uint16_t at[JIT_MAX_INSNS + 1]; /* where in bytes each of them begins, and the next */

    const DecodedInsn *d; /* current */
    unsigned index;       /* of it */
    unsigned off;         /* guest offset of it */

    JitInsn insn[JIT_MAX_INSNS];
    DecodedInsn decoded[JIT_MAX_INSNS];
    bool keep[JIT_MAX_INSNS];       /* DecodedInsn is needed at run time */
    uint8_t naccess[JIT_MAX_INSNS]; /* memory accesses of it so far */
    unsigned ninsn;
    JitMiss miss[JIT_MAX_SLOW];
    unsigned nmiss;
    JitPendingExit exit[JIT_MAX_EXITS];
    unsigned nexit;
    JitPoll poll[JIT_MAX_EXITS];
    unsigned npoll;
    uint8_t *code;
    uint8_t *budget; /* where the number of instructions is to be filled in, or NULL */
    bool ended;      /* no fall-through */
    bool polled;     /* right before the instruction before the current one */

    uint8_t held[2]; /* JIT_HELD_*, of T1 and T2; see gen-hold.c */
    bool dirty[2];   /* memory has an older value */
    bool holding;    /* the current template minds them */
    bool pure;       /* the current instruction neither faults nor calls nor jumps */
    unsigned victim; /* which was given up last */
    unsigned x87;    /* index + 1 of an instruction whose pointers are to be stored (gen-vec.c) */
} JitGen;

/* ---- gen-hold.c: what T1 and T2 hold from one instruction to the next ---- */

/* T1 and T2 in a set of registers. */
#define GEN_T1 1u
#define GEN_T2 2u

static inline unsigned gen_scratch_bit(int host)
{
    return host == H_T1 ? GEN_T1 : host == H_T2 ? GEN_T2 : 0;
}

/* T1 or T2, whichever is not in @busy, to be overwritten; X86_HOST_NONE: there is none. */
int gen_take(JitGen *g, unsigned busy);
/* T1 or T2 with JIT_HELD_* @what in it, which is added to @busy; X86_HOST_NONE: no room. */
int gen_hold(JitGen *g, unsigned what, unsigned *busy);
/* The host's register of @guest: its own, or by gen_hold(). */
int gen_guest(JitGen *g, unsigned guest, unsigned *busy);
/* @host has the new value of @guest, which is not pinned. */
void gen_write_held(JitGen *g, unsigned guest, int host);
/* Memory has all of the guest's registers from here on. */
void gen_flush(JitGen *g);
/* @guest was written elsewhere. */
void gen_forget_guest(JitGen *g, unsigned guest);
/* T1 and T2 are about to be overwritten. */
void gen_forget(JitGen *g);

/* ---- gen-mem.c ---- */

/*
 * Look up the memory operand @m (@size bytes, @access OPND_R | OPND_W): on
 * return the result addresses it on the host. T2 and perhaps T1 are in use;
 * T0 is free. Flags and guest registers are unchanged.
 */
X86HostMem gen_mem(JitGen *g, const X86MemRef *m, unsigned addrsize, unsigned size,
                   unsigned access);
/*
 * The operand of a bit test whose bit is counted in @bit from the instruction's memory operand on:
 * what is looked up is where the bit is, what is returned is where its count begins. Always by a
 * look-up. False: no template.
 */
bool gen_bit_operand(JitGen *g, unsigned bit, unsigned size, unsigned access, X86HostMem *out);
/* The same as gen_mem() for the instruction's memory operand. */
X86HostMem gen_operand(JitGen *g, unsigned size, unsigned access);
/* Offset (no segment base) of the memory operand to @to: LEA. Cut to @addrsize. */
void gen_ea(JitGen *g, const X86MemRef *m, unsigned addrsize, unsigned to);
/*
 * The same through the window: false if this block has none, or this access is not
 * for it, and a look-up must be made. T0, T1 and T2 may be used.
 */
bool gen_window_mem(JitGen *g, const X86MemRef *m, unsigned addrsize, X86HostMem *out);
/*
 * The interpreter does the instruction if the address in @reg is not canonical (48 bits); with
 * 57-bit addresses some that are canonical are left to it, too. T0 is used.
 */
void gen_need_canonical(JitGen *g, int reg);
/* The base of a segment register, in env. */
X86HostMem gen_seg_base(unsigned seg);
/* Fold an operand that uses T1 into one that uses T2 only. */
X86HostMem gen_fold(JitGen *g, X86HostMem m);
void gen_write_misses(JitGen *g);
/* The access can be done inline: no limit or alignment checks are due. */
bool gen_mem_ok(const JitGen *g, const X86MemRef *m);

/* ---- log.c ---- */

/* The host code of the block that was just finished to the log. */
void jit_log_block(const JitGen *g, const JitBlock *b);

/* ---- registers ---- */

static inline bool gen_pinned(unsigned guest)
{
    return jit_host_reg[guest] != X86_HOST_NONE;
}

static inline X86HostMem gen_reg_mem(unsigned guest)
{
    return host_mem(H_ENV, offsetof(CPUX86State, regs) + guest * 8);
}

/* Guest register to a host register: its own, or @scratch after a load. */
int gen_read_reg(JitGen *g, unsigned guest, int scratch);
/* Where to compute the new value of a guest register; gen_write_reg() puts it there. */
int gen_dest_reg(unsigned guest, int scratch);
void gen_write_reg(JitGen *g, unsigned guest, int host);

/* eip of guest offset @off to @to. */
void gen_eip(JitGen *g, unsigned to, int32_t off);

/* ---- gen-stack.c ---- */

/* Width of the stack pointer; [SS:RSP + @disp] looked up; RSP += @disp (uses T1 in 16-bit mode). */
unsigned gen_stack_size(const JitGen *g);
X86HostMem gen_stack_mem(JitGen *g, int disp, unsigned size, unsigned access);
/*
 * Look up @size bytes at RSP + @lo (gen-mem.c): the addend to T2 if they can be reached directly,
 * else it goes on where the current instruction begins (JitInsn.host).
 */
void gen_stack_stretch(JitGen *g, int lo, unsigned size, unsigned access);

/* ---- gen-run.c ---- */

/* A second form, if it is worth one, of the run that begins with the current instruction. */
void gen_run(JitGen *g);
/* Between instructions: the run may end here. */
void gen_end_run(JitGen *g);
bool gen_stack_ok(const JitGen *g);
void gen_stack_add(JitGen *g, int disp);

/* ---- gen-int.c, gen-stack.c, gen-branch.c, gen-vec.c: false if the interpreter must do it ---- */

/* Re-encoded with other registers; its template minds T1 and T2. */
bool gen_is_generic(const DecodedInsn *d);
bool gen_integer(JitGen *g);
bool gen_stack(JitGen *g);
bool gen_branch(JitGen *g);
bool gen_vector(JitGen *g);
bool gen_system(JitGen *g);

/* Store the pointers of the x87 instruction before. */
void gen_settle_x87(JitGen *g);

/* ---- translate.c ---- */

/* The instruction @index of the block, decoded; NULL: there is none. */
const DecodedInsn *gen_peek(JitGen *g, unsigned index);
/* Leave translated code here, before the current instruction, if that has been asked for. */
void gen_poll(JitGen *g);
/* Call the interpreter for the current instruction. */
void gen_interp(JitGen *g);
/* The same where something is out of the ordinary: done or raised there, it goes on behind. */
void gen_interp_instead(JitGen *g);
/* Record of the call site behind a call to a thunk. */
void gen_site(JitGen *g, unsigned index, const JitMiss *miss);

/* The rest of RET, with the return address at @at. Polls before. */
void gen_ret_from(JitGen *g, X86HostMem at);
/* What follows is a conditional jump backwards. */
bool gen_loop_end_follows(const uint8_t *p, unsigned avail);

/* Continue at guest offset @off, which ends the block's path (gen-branch.c). */
void gen_jump(JitGen *g, int32_t off);
void gen_write_exits(JitGen *g, JitBlock *b);

#endif
