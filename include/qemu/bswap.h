/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Byte order. Names: {ld,st}{type}_{endian}_p access memory at any alignment;
 * type: ub, sb, b, uw, sw, w, l, q, 24; endian: he (host), le, be. And
 * cpu_to_{le,be}N, {le,be}N_to_cpu for values.
 */
#ifndef QEMU_BSWAP_H
#define QEMU_BSWAP_H

#include <stdint.h>
#include <string.h>
#include "qemu/compiler.h"

#define HOST_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

#undef bswap16
#undef bswap32
#undef bswap64
#define bswap16(x) __builtin_bswap16(x)
#define bswap32(x) __builtin_bswap32(x)
#define bswap64(x) __builtin_bswap64(x)

static inline uint32_t bswap24(uint32_t x)
{
    return (x & 0xff) << 16 | (x & 0xff00) | (x >> 16 & 0xff);
}

static inline void bswap16s(uint16_t *s)
{
    *s = bswap16(*s);
}

static inline void bswap32s(uint32_t *s)
{
    *s = bswap32(*s);
}

static inline void bswap64s(uint64_t *s)
{
    *s = bswap64(*s);
}

#if HOST_BIG_ENDIAN
#define be_bswap(v, size) (v)
#define le_bswap(v, size) glue(__builtin_bswap, size)(v)
#define le_bswap24(v)     bswap24(v)
#define be_bswap24(v)     (v)
/* As a constant expression, for initializers. */
#define const_le16(x) ((((x)&0xff) << 8) | (((x)&0xff00) >> 8))
#define const_le32(x)                                                                              \
    ((((x)&0xffu) << 24) | (((x)&0xff00u) << 8) | (((x)&0xff0000u) >> 8) |                         \
     (((x)&0xff000000u) >> 24))
#define const_be16(x) (x)
#define const_be32(x) (x)
#else
#define le_bswap(v, size) (v)
#define be_bswap(v, size) glue(__builtin_bswap, size)(v)
#define le_bswap24(v)     (v)
#define be_bswap24(v)     bswap24(v)
#define const_le16(x)     (x)
#define const_le32(x)     (x)
#define const_be16(x)     ((((x)&0xff) << 8) | (((x)&0xff00) >> 8))
#define const_be32(x)                                                                              \
    ((((x)&0xffu) << 24) | (((x)&0xff00u) << 8) | (((x)&0xff0000u) >> 8) |                         \
     (((x)&0xff000000u) >> 24))
#endif

#define CPU_CONVERT_(endian, size, type)                                                           \
    static inline type endian##size##_to_cpu(type v)                                               \
    {                                                                                              \
        return glue(endian, _bswap)(v, size);                                                      \
    }                                                                                              \
    static inline type cpu_to_##endian##size(type v)                                               \
    {                                                                                              \
        return glue(endian, _bswap)(v, size);                                                      \
    }                                                                                              \
    static inline void endian##size##_to_cpus(type *p)                                             \
    {                                                                                              \
        *p = glue(endian, _bswap)(*p, size);                                                       \
    }                                                                                              \
    static inline void cpu_to_##endian##size##s(type *p)                                           \
    {                                                                                              \
        *p = glue(endian, _bswap)(*p, size);                                                       \
    }
CPU_CONVERT_(be, 16, uint16_t)
CPU_CONVERT_(be, 32, uint32_t)
CPU_CONVERT_(be, 64, uint64_t)
CPU_CONVERT_(le, 16, uint16_t)
CPU_CONVERT_(le, 32, uint32_t)
CPU_CONVERT_(le, 64, uint64_t)
#undef CPU_CONVERT_

static inline int ldub_p(const void *ptr)
{
    return *(const uint8_t *)ptr;
}

static inline int ldsb_p(const void *ptr)
{
    return *(const int8_t *)ptr;
}

static inline void stb_p(void *ptr, uint8_t v)
{
    *(uint8_t *)ptr = v;
}

/* memcpy of a constant size is one (unaligned) load or store. */
#define LDST_HE_(suffix, store, type, ret, val)                                                    \
    static inline ret ld##suffix##_he_p(const void *ptr)                                           \
    {                                                                                              \
        type r;                                                                                    \
        __builtin_memcpy(&r, ptr, sizeof(r));                                                      \
        return r;                                                                                  \
    }                                                                                              \
    static inline void st##store##_he_p(void *ptr, val v)                                          \
    {                                                                                              \
        type r = v;                                                                                \
        __builtin_memcpy(ptr, &r, sizeof(r));                                                      \
    }
LDST_HE_(uw, w, uint16_t, int, uint16_t)
LDST_HE_(l, l, uint32_t, int, uint32_t)
LDST_HE_(q, q, uint64_t, uint64_t, uint64_t)
#undef LDST_HE_

static inline int ldsw_he_p(const void *ptr)
{
    return (int16_t)lduw_he_p(ptr);
}

static inline void st24_he_p(void *ptr, uint32_t v)
{
#if HOST_BIG_ENDIAN
    v <<= 8;
#endif
    __builtin_memcpy(ptr, &v, 3);
}

#define LDST_ENDIAN_(e)                                                                            \
    static inline int lduw_##e##_p(const void *ptr)                                                \
    {                                                                                              \
        return (uint16_t)glue(e, _bswap)((uint16_t)lduw_he_p(ptr), 16);                            \
    }                                                                                              \
    static inline int ldsw_##e##_p(const void *ptr)                                                \
    {                                                                                              \
        return (int16_t)glue(e, _bswap)((uint16_t)lduw_he_p(ptr), 16);                             \
    }                                                                                              \
    static inline int ldl_##e##_p(const void *ptr)                                                 \
    {                                                                                              \
        return glue(e, _bswap)((uint32_t)ldl_he_p(ptr), 32);                                       \
    }                                                                                              \
    static inline uint64_t ldq_##e##_p(const void *ptr)                                            \
    {                                                                                              \
        return glue(e, _bswap)(ldq_he_p(ptr), 64);                                                 \
    }                                                                                              \
    static inline void stw_##e##_p(void *ptr, uint16_t v)                                          \
    {                                                                                              \
        stw_he_p(ptr, glue(e, _bswap)(v, 16));                                                     \
    }                                                                                              \
    static inline void st24_##e##_p(void *ptr, uint32_t v)                                         \
    {                                                                                              \
        st24_he_p(ptr, glue(e, _bswap24)(v));                                                      \
    }                                                                                              \
    static inline void stl_##e##_p(void *ptr, uint32_t v)                                          \
    {                                                                                              \
        stl_he_p(ptr, glue(e, _bswap)(v, 32));                                                     \
    }                                                                                              \
    static inline void stq_##e##_p(void *ptr, uint64_t v)                                          \
    {                                                                                              \
        stq_he_p(ptr, glue(e, _bswap)(v, 64));                                                     \
    }                                                                                              \
    static inline float ldfl_##e##_p(const void *ptr)                                              \
    {                                                                                              \
        uint32_t bits_ = ldl_##e##_p(ptr);                                                         \
        float f_;                                                                                  \
        __builtin_memcpy(&f_, &bits_, 4);                                                          \
        return f_;                                                                                 \
    }
LDST_ENDIAN_(le)
LDST_ENDIAN_(be)
#undef LDST_ENDIAN_

/* The size, 1, 2, 4 or 8, as an argument. Values are zero-extended. */
#define LDST_N_(e)                                                                                 \
    static inline uint64_t ldn_##e##_p(const void *ptr, int sz)                                    \
    {                                                                                              \
        switch (sz) {                                                                              \
        case 1:                                                                                    \
            return ldub_p(ptr);                                                                    \
        case 2:                                                                                    \
            return lduw_##e##_p(ptr);                                                              \
        case 4:                                                                                    \
            return (uint32_t)ldl_##e##_p(ptr);                                                     \
        case 8:                                                                                    \
            return ldq_##e##_p(ptr);                                                               \
        default:                                                                                   \
            __builtin_unreachable();                                                               \
        }                                                                                          \
    }                                                                                              \
    static inline void stn_##e##_p(void *ptr, int sz, uint64_t v)                                  \
    {                                                                                              \
        switch (sz) {                                                                              \
        case 1:                                                                                    \
            stb_p(ptr, v);                                                                         \
            break;                                                                                 \
        case 2:                                                                                    \
            stw_##e##_p(ptr, v);                                                                   \
            break;                                                                                 \
        case 4:                                                                                    \
            stl_##e##_p(ptr, v);                                                                   \
            break;                                                                                 \
        case 8:                                                                                    \
            stq_##e##_p(ptr, v);                                                                   \
            break;                                                                                 \
        default:                                                                                   \
            __builtin_unreachable();                                                               \
        }                                                                                          \
    }
LDST_N_(he)
LDST_N_(le)
LDST_N_(be)
#undef LDST_N_
#undef le_bswap
#undef be_bswap
#undef le_bswap24
#undef be_bswap24

#endif
