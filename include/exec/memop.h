/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Size, byte order and signedness of one memory operation in a small integer. */
#ifndef EXEC_MEMOP_H
#define EXEC_MEMOP_H

typedef enum MemOp {
    MO_8 = 0,
    MO_16 = 1,
    MO_32 = 2,
    MO_64 = 3,
    MO_128 = 4,
    MO_SIZE = 7, /* mask: log2 of the size in bytes */

    MO_SIGN = 8, /* sign-extend what was loaded */

    MO_BSWAP = 16, /* the other order than the host's */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    MO_LE = 0,
    MO_BE = MO_BSWAP,
#else
    MO_LE = MO_BSWAP,
    MO_BE = 0,
#endif
    MO_TE = MO_LE, /* x86 guests are little endian */

    MO_UB = MO_8,
    MO_LEUW = MO_LE | MO_16,
    MO_LEUL = MO_LE | MO_32,
    MO_LEUQ = MO_LE | MO_64,
    MO_BEUW = MO_BE | MO_16,
    MO_BEUL = MO_BE | MO_32,
    MO_BEUQ = MO_BE | MO_64,
} MemOp;

/* Bytes moved by @op. */
static inline unsigned memop_size(MemOp op)
{
    return 1u << (op & MO_SIZE);
}

/* The MemOp (host order) that moves @size bytes; @size is a power of two up to 16. */
static inline MemOp size_memop(unsigned size)
{
    return (MemOp)__builtin_ctz(size);
}

#endif
