/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction decoder: bytes and mode in, DecodedInsn out.
 *
 * One decoder feeds the interpreter, the translator, the disassembly checks
 * and the random instruction generator of the tests. It is table driven; the
 * tables (decode-tables-*.c) are data and say, per opcode, the operation, the
 * operands, what it needs (CPUID feature, mode, CPL) and what it does to the
 * flags. SDM volume 2, appendix A, is the map of the tables.
 */
#ifndef I386_TCG_DECODE_H
#define I386_TCG_DECODE_H

#include "qemu/osdep.h"
#include "target/i386/cpu.h"

#define X86_MAX_INSN_LEN 15

typedef struct DecodedInsn DecodedInsn;

/*
 * Executes one decoded instruction. On entry env->eip is the offset of the
 * instruction and env->next_eip of the one that follows it; a control transfer
 * overwrites next_eip. A fault does not return (raise_exception*(), excp.h):
 * it leaves through the vCPU's jump buffer with env->eip still at the
 * instruction, so nothing architectural is written before the last access
 * that can fault.
 */
typedef void X86InterpFn(CPUX86State *env, const DecodedInsn *d);

typedef enum X86OperandKind {
    OPND_NONE,
    OPND_GPR,    /* reg: 0-15, low bytes */
    OPND_GPR_HI, /* reg: 0-3 stands for AH CH DH BH */
    OPND_MEM,    /* insn->mem */
    OPND_IMM,    /* insn->imm, extended as the operation wants; a second one: insn->imm2 */
    OPND_REL,    /* branch displacement in insn->imm */
    OPND_FAR,    /* ptr16:16/32: offset in imm, selector in imm2 */
    OPND_SEG,
    OPND_CR,
    OPND_DR,
    OPND_ST, /* ST(reg) */
    OPND_MMX,
    OPND_VEC, /* XMM/YMM/ZMM by size 16/32/64; reg 0-31 */
    OPND_KREG,
    OPND_TMM,
    OPND_ONE, /* constant 1 (shifts) */
} X86OperandKind;

enum { OPND_R = 1, OPND_W = 2, OPND_RW = 3 };

/* Where an operand's register number is encoded, for re-encoding. */
typedef enum X86OperandField {
    X86_FIELD_NONE, /* implicit, or no register */
    X86_FIELD_REG,  /* ModRM.reg */
    X86_FIELD_RM,   /* ModRM.rm */
    X86_FIELD_VVVV,
    X86_FIELD_OPCODE, /* low three bits of the opcode */
    X86_FIELD_IS4,    /* imm8[7:4] */
} X86OperandField;

typedef struct X86Operand {
    uint8_t kind;
    uint8_t reg;
    uint8_t size;   /* bytes (memory: bytes accessed; 0 = address only, as in LEA, INVLPG) */
    uint8_t access; /* OPND_R | OPND_W */
    uint8_t field;  /* X86OperandField */
} X86Operand;

#define X86_MEM_NO_REG 0xff
#define X86_MEM_RIP    16

typedef struct X86MemRef {
    uint8_t
        base; /* GPR, X86_MEM_RIP (disp already includes the next instruction's address) or none */
    uint8_t index; /* GPR or, with vsib, vector register */
    uint8_t scale; /* shift: 0-3 */
    uint8_t seg;   /* X86Seg after defaults and overrides */
    bool vsib;
    int64_t disp; /* EVEX disp8*N applied */
} X86MemRef;

typedef enum X86Encoding { X86_ENC_LEGACY, X86_ENC_VEX, X86_ENC_EVEX } X86Encoding;

/* Prefix bits of DecodedInsn.prefixes */
#define X86_PFX_LOCK  0x01
#define X86_PFX_REPNZ 0x02 /* F2 */
#define X86_PFX_REPZ  0x04 /* F3 */
#define X86_PFX_66    0x08
#define X86_PFX_67    0x10
#define X86_PFX_REX   0x20
#define X86_PFX_SEG   0x40

/* Static properties of an operation: DecodedInsn.flags */
#define X86_IF_BRANCH   (1u << 0) /* may write next_eip */
#define X86_IF_COND     (1u << 1) /* conditional: may fall through */
#define X86_IF_CALL     (1u << 2)
#define X86_IF_RET      (1u << 3)
#define X86_IF_INDIRECT (1u << 4)
#define X86_IF_END_BLOCK                                                                           \
    (1u << 5) /* changes the mode, interrupts or mappings: a block stops after it */
#define X86_IF_PRIV      (1u << 6) /* CPL 0 only (checked by the interpreter function) */
#define X86_IF_IO        (1u << 7)
#define X86_IF_X87       (1u << 8) /* needs CR0.EM/TS check, may raise #MF */
#define X86_IF_VECTOR    (1u << 9) /* MMX/SSE/AVX: runs on the host's vector unit */
#define X86_IF_STRING    (1u << 10)
#define X86_IF_LOCKABLE  (1u << 11)
#define X86_IF_ALIGN     (1u << 12) /* memory operand must be aligned to its size (#GP) */
#define X86_IF_SERIALIZE (1u << 13)
#define X86_IF_MASKED    (1u << 14) /* memory operand is accessed per element under a mask */
#define X86_IF_MMX       (1u << 15) /* with X86_IF_VECTOR: has MMX registers (#MF if pending) */

/* Generic operations; vector instructions share X86_OP_VEC* (see op list). */
typedef enum X86Op {
#define X86_OP(name, ...) X86_OP_##name,
#include "ops.h.inc"
#undef X86_OP
    X86_OP_COUNT,
} X86Op;

struct DecodedInsn {
    X86InterpFn *interp;
    uint16_t op; /* X86Op */
    uint8_t len;
    uint8_t prefixes;
    uint32_t flags; /* X86_IF_* */

    uint8_t opsize;   /* operand size in bytes: 1, 2, 4, 8 (vector: 16, 32, 64) */
    uint8_t addrsize; /* 2, 4, 8 */
    uint8_t nopnd;
    uint8_t encoding;   /* X86Encoding */
    X86Operand opnd[4]; /* destination first, as in Intel syntax */
    X86MemRef mem;
    int64_t imm;
    uint16_t imm2; /* selector of a far pointer, second immediate of ENTER */

    /* Condition code (Jcc, SETcc, CMOVcc): low four bits of the opcode */
    uint8_t cond;

    /* Flags: CC_* | DF_MASK masks, for liveness. "undef" is a subset of "written". */
    uint16_t flags_read, flags_written, flags_undef;

    /*
     * GPRs by number, explicit, implicit and in addresses. A write to 8 or 16
     * bits counts as a read too. 0xffff where a helper may touch any.
     */
    uint16_t gpr_read, gpr_written;

    /* Re-encoding and VEX/EVEX details */
    uint8_t opcode_map; /* 0 one-byte, 1 0F, 2 0F38, 3 0F3A, 5, 6 EVEX maps */
    uint8_t opcode;
    uint8_t modrm; /* as in the bytes; has_modrm tells whether there is one */
    bool has_modrm;
    uint8_t rex;  /* REX bits W R X B (also from VEX/EVEX, un-inverted) */
    uint8_t vvvv; /* un-inverted */
    uint8_t evex_aaa, evex_ll;
    bool evex_z, evex_b;
    uint8_t vec_elem;  /* memory bytes per mask bit, 0 if the memory access is whole */
    uint8_t vec_lanes; /* with vec_elem: mask bits; lane i has element i modulo their number */
    bool vec_whole;    /* all of a masked memory operand must be writable */
    bool bcast;        /* embedded broadcast: memory is one element */
    uint8_t modrm_off; /* offset of ModRM in bytes[] */
    uint8_t imm_len;   /* bytes of immediate at the end */
    uint8_t bytes[X86_MAX_INSN_LEN];
};

typedef enum X86DecodeResult {
    X86_DECODE_OK,
    X86_DECODE_UD,       /* #UD; len tells how many bytes were looked at */
    X86_DECODE_TOO_LONG, /* #GP: more than 15 bytes */
    X86_DECODE_MORE,     /* the bytes given end inside the instruction */
} X86DecodeResult;

/* What the decoder needs to know of the CPU; a pure value, made by x86_decode_mode(). */
typedef struct X86DecodeMode {
    uint32_t hflags;
    const uint64_t *features; /* FEATURE_WORDS words; NULL: everything is offered */
} X86DecodeMode;

/*
 * Decode the instruction in @bytes (@avail of them are readable) at offset
 * @eip of the code segment. Pure: no guest state is touched. Features the
 * guest was not given, LOCK where it is not allowed, and encodings invalid in
 * this mode give X86_DECODE_UD, and so do SSE and AVX that CR0.EM, CR4.OSFXSR or
 * XCR0 disable. Checks that depend on state beyond hflags, and those that
 * give another exception (CR0.TS, CPL, alignment), are made when the
 * instruction runs.
 *
 * Whatever the result, *d can be executed: unless it is X86_DECODE_OK, it is
 * X86_OP_UD.
 */
X86DecodeResult x86_decode(const X86DecodeMode *mode, const uint8_t *bytes, size_t avail,
                           uint64_t eip, DecodedInsn *d);

const char *x86_op_name(X86Op op);

#endif
