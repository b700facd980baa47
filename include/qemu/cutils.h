/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings and numbers: bounded copies, strict parsing, sizes with suffixes,
 * nearest names for error messages, paths relative to the installation.
 */
#ifndef QEMU_CUTILS_H
#define QEMU_CUTILS_H

#include "qemu/typedefs.h"

/* Copy what fits into @buf_size bytes, always terminated. */
void pstrcpy(char *buf, int buf_size, const char *str);
/* Copy to a fixed field that is filled up with @pad and need not be terminated. */
void strpadcpy(char *buf, int buf_size, const char *str, char pad);
char *pstrcat(char *buf, int buf_size, const char *s);
/* If @str begins with @val, true, and *@ptr (if not NULL) is what follows. */
int strstart(const char *str, const char *val, const char **ptr);
int stristart(const char *str, const char *val, const char **ptr);
int qemu_strnlen(const char *s, int max_len);
/* The first @c in @s, or the end of @s. */
const char *qemu_strchrnul(const char *s, int c);
/* The part of *@input up to a @delim, which is overwritten by 0; as strsep(). */
char *qemu_strsep(char **input, const char *delim);

/*
 * Strict number parsing: leading space and sign as strtol(). With @endptr NULL
 * the whole string must be a number. 0; -EINVAL: no number (*@result
 * is 0); -ERANGE: out of range (*@result saturated).
 */
int qemu_strtoi(const char *nptr, const char **endptr, int base, int *result);
int qemu_strtoui(const char *nptr, const char **endptr, int base, unsigned int *result);
int qemu_strtoul(const char *nptr, const char **endptr, int base, unsigned long *result);
int qemu_strtoi64(const char *nptr, const char **endptr, int base, int64_t *result);
/* A minus sign wraps, as in strtoull(). */
int qemu_strtou64(const char *nptr, const char **endptr, int base, uint64_t *result);
int qemu_strtod(const char *nptr, const char **endptr, double *result);

/* As qemu_strtou64(), but a minus sign is -EINVAL. */
int parse_uint(const char *s, const char **endptr, int base, uint64_t *value);
int parse_uint_full(const char *s, int base, uint64_t *value);

/*
 * Sizes: decimal, with an optional fraction if there is a suffix, or hex
 * without; suffix b, k, M, G, T, P, E (binary multiples, any case). No suffix:
 * bytes, or MiB, or as given. The metric form has multiples of 1000.
 */
int qemu_strtosz(const char *nptr, const char **end, uint64_t *result);
int qemu_strtosz_MiB(const char *nptr, const char **end, uint64_t *result);
int qemu_strtosz_metric(const char *nptr, const char **end, uint64_t *result);
/* "4 GiB", "1.5 KiB": the same meaning back, three significant digits. g_free() it. */
char *size_to_str(uint64_t val);
/* "33.3 MHz" */
char *freq_to_str(uint64_t freq_hz);

/*
 * The one of @candidates (NULL-terminated) that a person who typed @name most
 * likely meant, or NULL if none is near.
 */
const char *qemu_nearest_name(const char *name, const char *const *candidates);

/* -1, 0, 1; either may be NULL, which sorts first. */
int qemu_pstrcmp0(const char **str1, const char **str2);

int path_is_absolute(const char *path);
/* @filename against the directory of @base_path (or "proto:" prefix kept). g_free() it. */
char *path_combine(const char *base_path, const char *filename);

/* Where the running program was found. */
void qemu_init_exec_dir(const char *argv0);

/* Are these bytes all zero? Any alignment and length; @len may be 0. */
bool buffer_is_zero(const void *buf, size_t len);

/* "offset: 16 bytes in hex  ASCII" lines with @prefix. */
void qemu_hexdump(FILE *fp, const char *prefix, const void *bufptr, size_t size);
/* One such line (without offset), appended to @str (may be NULL). */
GString *qemu_hexdump_line(GString *str, const void *buf, size_t len, size_t unit_len,
                           size_t block_len);

/* Seconds since 1970 of a UTC date. */
time_t mktimegm(struct tm *tm);

#endif
