/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for what the compiler can be told: attributes, branch hints and
 * compile-time checks. GCC and Clang are the only compilers supported.
 */
#ifndef QEMU_COMPILER_H
#define QEMU_COMPILER_H

#if defined(__clang__)
#define QEMU_CLANG 1
#endif

#ifndef __has_feature
#define __has_feature(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define CONFIG_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define CONFIG_TSAN 1
#endif

#define QEMU_NORETURN           __attribute__((__noreturn__))
#define QEMU_PACKED             __attribute__((packed))
#define QEMU_ALIGNED(n)         __attribute__((aligned(n)))
#define QEMU_USED               __attribute__((used))
#define QEMU_UNUSED             __attribute__((unused))
#define QEMU_NOINLINE           __attribute__((noinline))
#define QEMU_ALWAYS_INLINE      __attribute__((always_inline)) inline
#define QEMU_FLATTEN            __attribute__((flatten))
#define QEMU_COLD               __attribute__((cold))
#define QEMU_HOT                __attribute__((hot))
#define QEMU_WARN_UNUSED_RESULT __attribute__((warn_unused_result))
#define QEMU_SENTINEL           __attribute__((sentinel))
#define QEMU_CONSTRUCTOR        __attribute__((constructor))
#define QEMU_PRINTF(fmt, args)  __attribute__((format(gnu_printf, fmt, args)))
#if defined(__clang__)
#undef QEMU_PRINTF
#define QEMU_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#endif

#ifndef likely
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#define glue_(a, b)   a##b
#define glue(a, b)    glue_(a, b)
#define stringify_(s) #s
#define stringify(s)  stringify_(s)

/* Fails to compile when @x is true. */
#define QEMU_BUILD_BUG_MSG(x, msg) _Static_assert(!(x), msg)
#define QEMU_BUILD_BUG_ON(x)       QEMU_BUILD_BUG_MSG(x, "not expecting: " #x)
/* The same as an expression; its value is 0. */
#define QEMU_BUILD_BUG_ON_ZERO(x) (sizeof(struct { int check : (x) ? -1 : 1; }) - sizeof(int))

#define type_check(t1, t2)        ((t1 *)0 - (t2 *)0)
#define typeof_field(type, field) typeof(((type *)0)->field)
#define sizeof_field(type, field) sizeof(((type *)0)->field)
#define endof(type, field)        (offsetof(type, field) + sizeof_field(type, field))

/* The object of @type that holds the member that @ptr points at. */
#undef container_of
#define container_of(ptr, type, member)                                                            \
    __extension__({                                                                                \
        const typeof(((type *)0)->member) *mptr_ = (ptr);                                          \
        (type *)((char *)mptr_ - offsetof(type, member));                                          \
    })
#define DO_UPCAST(type, field, dev) container_of(dev, type, field)

/* A name that is unique within a file, for variables that macros declare. */
#define MAKE_IDENTIFIER_(a, b)  glue(a, b)
#define MAKE_IDENTIFIER(prefix) MAKE_IDENTIFIER_(prefix, __COUNTER__)

/* Documents a deliberate fall through to the next case label. */
#define QEMU_FALLTHROUGH __attribute__((__fallthrough__))

/*
 * Function runs, or may run, in a coroutine: it may yield, so its caller must
 * be one too. Purely for the reader and for static checkers.
 */
#define coroutine_fn
#define coroutine_mixed_fn
#define no_coroutine_fn

#endif
