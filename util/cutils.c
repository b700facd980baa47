/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings: bounded copies, strict number parsing, sizes with suffixes. */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/units.h"

void pstrcpy(char *buf, int buf_size, const char *str)
{
    if (buf_size > 0) {
        g_strlcpy(buf, str, buf_size);
    }
}

void strpadcpy(char *buf, int buf_size, const char *str, char pad)
{
    int len = qemu_strnlen(str, buf_size);

    memcpy(buf, str, len);
    memset(buf + len, pad, buf_size - len);
}

char *pstrcat(char *buf, int buf_size, const char *s)
{
    if (buf_size > 0) {
        g_strlcat(buf, s, buf_size);
    }
    return buf;
}

int strstart(const char *str, const char *val, const char **ptr)
{
    size_t len = strlen(val);

    if (strncmp(str, val, len)) {
        return 0;
    }
    if (ptr) {
        *ptr = str + len;
    }
    return 1;
}

int stristart(const char *str, const char *val, const char **ptr)
{
    size_t len = strlen(val);

    if (g_ascii_strncasecmp(str, val, len)) {
        return 0;
    }
    if (ptr) {
        *ptr = str + len;
    }
    return 1;
}

int qemu_strnlen(const char *s, int max_len)
{
    return strnlen(s, max_len);
}

const char *qemu_strchrnul(const char *s, int c)
{
    return strchrnul(s, c);
}

char *qemu_strsep(char **input, const char *delim)
{
    return strsep(input, delim);
}

/* ---- numbers ---- */

/* Common end of all parsers: what strtoX() left in errno, and where it stopped. */
static int finish(const char *nptr, char *end, const char **endptr, int err)
{
    if (endptr) {
        *endptr = end;
    }
    if (end == nptr) {
        return -EINVAL;
    }
    if (!endptr && *end) {
        return -EINVAL;
    }
    return -err;
}

static bool missing(const char *nptr, const char **endptr)
{
    if (!nptr && endptr) {
        *endptr = NULL;
    }
    return !nptr;
}

int qemu_strtoi64(const char *nptr, const char **endptr, int base, int64_t *result)
{
    char *end;

    *result = 0;
    if (missing(nptr, endptr)) {
        return -EINVAL;
    }
    errno = 0;
    *result = strtoll(nptr, &end, base);
    return finish(nptr, end, endptr, errno);
}

int qemu_strtou64(const char *nptr, const char **endptr, int base, uint64_t *result)
{
    char *end;

    *result = 0;
    if (missing(nptr, endptr)) {
        return -EINVAL;
    }
    errno = 0;
    *result = strtoull(nptr, &end, base);
    return finish(nptr, end, endptr, errno);
}

int qemu_strtoul(const char *nptr, const char **endptr, int base, unsigned long *result)
{
    uint64_t wide;
    int ret = qemu_strtou64(nptr, endptr, base, &wide);

    *result = wide;
    return ret;
}

int qemu_strtoi(const char *nptr, const char **endptr, int base, int *result)
{
    int64_t wide;
    int ret = qemu_strtoi64(nptr, endptr, base, &wide);

    *result = CLAMP(wide, INT_MIN, INT_MAX);
    return ret == -EINVAL ? ret : *result != wide ? -ERANGE : ret;
}

int qemu_strtoui(const char *nptr, const char **endptr, int base, unsigned int *result)
{
    int64_t wide;
    int ret = qemu_strtoi64(nptr, endptr, base, &wide);

    if (ret == -EINVAL) {
        *result = 0;
        return ret;
    }
    /* "-1" wraps as in strtoul(), but only within the 32 bits. */
    if (wide > UINT_MAX || wide < -(int64_t)UINT_MAX || ret) {
        *result = UINT_MAX;
        return -ERANGE;
    }
    *result = wide;
    return 0;
}

int qemu_strtod(const char *nptr, const char **endptr, double *result)
{
    char *end;

    *result = 0;
    if (missing(nptr, endptr)) {
        return -EINVAL;
    }
    errno = 0;
    *result = g_ascii_strtod(nptr, &end);
    return finish(nptr, end, endptr, errno);
}

int parse_uint(const char *s, const char **endptr, int base, uint64_t *value)
{
    const char *p = s;

    while (p && g_ascii_isspace(*p)) {
        p++;
    }
    if (p && *p == '-') {
        *value = 0;
        if (endptr) {
            *endptr = s;
        }
        return -EINVAL;
    }
    return qemu_strtou64(s, endptr, base, value);
}

int parse_uint_full(const char *s, int base, uint64_t *value)
{
    return parse_uint(s, NULL, base, value);
}

/* ---- sizes ---- */

/* Power of @unit that the suffix stands for; 0 if it is none. */
static uint64_t suffix_factor(char suffix, uint64_t unit)
{
    static const char letters[] = "BKMGTPE";
    const char *at = suffix ? strchr(letters, g_ascii_toupper(suffix)) : NULL;
    uint64_t factor = 1;

    if (!at) {
        return 0;
    }
    for (const char *p = letters; p < at; p++) {
        factor *= unit;
    }
    return factor;
}

/* The digits after the point of @p, scaled to parts of 2^64; *@p moves behind them. */
static double parse_fraction(const char **p)
{
    double value = 0, scale = 0.1;

    for (; g_ascii_isdigit(**p); (*p)++, scale /= 10) {
        value += (**p - '0') * scale;
    }
    return value;
}

static int parse_size(const char *nptr, const char **end, char default_suffix, uint64_t unit,
                      uint64_t *result)
{
    const char *p;
    uint64_t whole, factor;
    double fraction = 0;
    bool has_fraction = false, hex;
    int ret;

    *result = 0;
    if (missing(nptr, end)) {
        return -EINVAL;
    }
    p = nptr;
    while (g_ascii_isspace(*p)) {
        p++;
    }
    hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
    ret = parse_uint(p, &p, hex ? 16 : 10, &whole);
    if (ret) {
        goto out;
    }
    if (*p == '.' && !hex) {
        p++;
        has_fraction = g_ascii_isdigit(*p);
        fraction = parse_fraction(&p);
    }
    factor = hex ? 0 : suffix_factor(*p, unit);
    if (factor) {
        p++;
    } else {
        factor = suffix_factor(default_suffix, unit);
    }
    g_assert(factor); /* each caller's default suffix is one */
    if (has_fraction && factor == 1) {
        ret = -EINVAL; /* there are no parts of bytes */
        goto out;
    }
    if (whole > (UINT64_MAX - (uint64_t)(fraction * factor)) / factor) {
        ret = -ERANGE;
        goto out;
    }
    *result = whole * factor + (uint64_t)(fraction * factor + 0.5);

out:
    if (end) {
        *end = ret == -EINVAL ? nptr : p;
    } else if (!ret && *p) {
        *result = 0;
        ret = -EINVAL;
    }
    return ret;
}

int qemu_strtosz(const char *nptr, const char **end, uint64_t *result)
{
    return parse_size(nptr, end, 'B', 1024, result);
}

int qemu_strtosz_MiB(const char *nptr, const char **end, uint64_t *result)
{
    return parse_size(nptr, end, 'M', 1024, result);
}

int qemu_strtosz_metric(const char *nptr, const char **end, uint64_t *result)
{
    return parse_size(nptr, end, 'B', 1000, result);
}

char *size_to_str(uint64_t val)
{
    static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    double scaled = val;
    int i = 0;

    while (scaled >= 1000 && i + 1 < (int)ARRAY_SIZE(suffixes)) {
        scaled /= 1024;
        i++;
    }
    return g_strdup_printf("%0.3g %sB", scaled, suffixes[i]);
}

char *freq_to_str(uint64_t freq_hz)
{
    static const char *const suffixes[] = {"", "K", "M", "G", "T", "P", "E"};
    double freq = freq_hz;
    size_t i = 0;

    while (freq >= 1000.0 && i + 1 < ARRAY_SIZE(suffixes)) {
        freq /= 1000.0;
        i++;
    }
    return g_strdup_printf("%0.3g %sHz", freq, suffixes[i]);
}

int qemu_pstrcmp0(const char **str1, const char **str2)
{
    return g_strcmp0(*str1, *str2);
}

/* ---- bytes ---- */

bool buffer_is_zero(const void *buf, size_t len)
{
    const uint8_t *p = buf;

    /* If the first 16 bytes are zero and each byte equals the one 16 before it, all are. */
    for (size_t i = 0; i < 16 && i < len; i++) {
        if (p[i]) {
            return false;
        }
    }
    return len <= 16 || memcmp(p, p + 16, len - 16) == 0;
}

GString *qemu_hexdump_line(GString *str, const void *vbuf, size_t len, size_t unit_len,
                           size_t block_len)
{
    const uint8_t *buf = vbuf;

    if (!str) {
        str = g_string_sized_new(64);
    }
    for (size_t i = 0; i < len; i++) {
        if (i && block_len && i % block_len == 0) {
            g_string_append_c(str, ' ');
        }
        if (i && unit_len && i % unit_len == 0) {
            g_string_append_c(str, ' ');
        }
        g_string_append_printf(str, "%02x", buf[i]);
    }
    return str;
}

void qemu_hexdump(FILE *fp, const char *prefix, const void *bufptr, size_t size)
{
    const uint8_t *buf = bufptr;

    for (size_t at = 0; at < size; at += 16) {
        size_t len = MIN(size - at, (size_t)16);
        g_autoptr(GString) line = qemu_hexdump_line(NULL, buf + at, len, 1, 4);
        char text[17] = "";

        for (size_t i = 0; i < len; i++) {
            text[i] = g_ascii_isprint(buf[at + i]) ? buf[at + i] : '.';
        }
        fprintf(fp, "%s: %04zx: %-*s  %s\n", prefix, at, 50, line->str, text);
    }
}

time_t mktimegm(struct tm *tm)
{
    return timegm(tm);
}
