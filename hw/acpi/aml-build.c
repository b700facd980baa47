/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AML terms: encoding of names, lengths, data and named objects (ACPI 6.5, 20.2). */

#include "qemu/osdep.h"
#include "aml-internal.h"
#include "qemu/bswap.h"
#include "qemu/uuid.h"

/* ---- life ---- */

Aml *aml_list_new(void)
{
    Aml *term = g_new0(Aml, 1);

    term->body = g_byte_array_new();
    return term;
}

void aml_free(Aml *term)
{
    if (term) {
        g_byte_array_unref(term->body);
        g_free(term);
    }
}

static void set_op(Aml *term, unsigned op)
{
    if (op > 0xff) {
        term->op[term->op_len++] = op >> 8;
    }
    term->op[term->op_len++] = op;
}

Aml *aml_term(unsigned op)
{
    Aml *term = aml_list_new();

    set_op(term, op);
    aml_put(term, term->op, term->op_len);
    return term;
}

Aml *aml_block(unsigned op)
{
    Aml *term = aml_list_new();

    term->form = AML_FORM_PACKAGE;
    set_op(term, op);
    return term;
}

void aml_put(Aml *term, const void *bytes, size_t len)
{
    g_byte_array_append(term->body, bytes, len);
}

void aml_put_int(Aml *term, uint64_t value, int size)
{
    value = cpu_to_le64(value);
    aml_put(term, &value, size);
}

/* 20.2.4: two bits of the first byte count the bytes that follow. */
void aml_put_pkg_length(GByteArray *out, uint32_t length, bool self)
{
    uint8_t bytes[4];
    int count = 1;

    while (count < 4 &&
           length + (self ? count : 0) >= (count == 1 ? 0x40u : 1u << (8 * count - 4))) {
        count++;
    }
    length += self ? count : 0;
    g_assert(length < 1u << 28);
    if (count == 1) {
        bytes[0] = length;
    } else {
        bytes[0] = (count - 1) << 6 | (length & 0xf);
        for (int i = 1; i < count; i++) {
            bytes[i] = length >> (8 * i - 4);
        }
    }
    g_byte_array_append(out, bytes, count);
}

/* @term with what its form puts around it. */
static GByteArray *complete(Aml *term)
{
    GByteArray *out = g_byte_array_new();

    if (term->form == AML_FORM_TEMPLATE) {
        g_autoptr(Aml) size = NULL;
        static const uint8_t end_tag[] = {0x79, 0x00}; /* a checksum of zero counts as right */
        aml_put(term, end_tag, sizeof(end_tag));
        size = aml_int(term->body->len);
        g_byte_array_prepend(term->body, size->body->data, size->body->len);
    }
    if (term->form != AML_FORM_PLAIN) {
        g_byte_array_append(out, term->op, term->op_len);
        aml_put_pkg_length(out, term->body->len, true);
    }
    g_byte_array_append(out, term->body->data, term->body->len);
    aml_free(term);
    return out;
}

void aml_emit(Aml *term, GArray *out)
{
    g_autoptr(GByteArray) bytes = complete(term);

    g_array_append_vals(out, bytes->data, bytes->len);
}

void aml_append(Aml *parent, Aml *child)
{
    g_autoptr(GByteArray) bytes = complete(child);

    aml_put(parent, bytes->data, bytes->len);
}

/* ---- names ---- */

static void put_segment(Aml *term, const char *seg, size_t len)
{
    char padded[4] = {'_', '_', '_', '_'};

    g_assert(len >= 1 && len <= 4 && !g_ascii_isdigit(seg[0]));
    memcpy(padded, seg, len);
    aml_put(term, padded, 4);
}

/* 20.2.2 */
void aml_put_name(Aml *term, const char *path)
{
    g_auto(GStrv) segments = NULL;
    guint count;

    if (*path == '\\') {
        aml_put(term, path++, 1);
    }
    while (*path == '^') {
        aml_put(term, path++, 1);
    }
    segments = g_strsplit(path, ".", 0);
    count = g_strv_length(segments);
    g_assert(count <= 255);
    if (count == 0) {
        aml_put_int(term, 0, 1);
    } else if (count == 2) {
        aml_put_int(term, 0x2e, 1);
    } else if (count > 2) {
        aml_put_int(term, 0x2f, 1);
        aml_put_int(term, count, 1);
    }
    for (guint i = 0; i < count; i++) {
        put_segment(term, segments[i], strlen(segments[i]));
    }
}

#define PUT_NAME_FORMAT(term, fmt)                                                                 \
    do {                                                                                           \
        va_list ap_;                                                                               \
        g_autofree char *name_ = NULL;                                                             \
        va_start(ap_, fmt);                                                                        \
        name_ = g_strdup_vprintf(fmt, ap_);                                                        \
        va_end(ap_);                                                                               \
        aml_put_name(term, name_);                                                                 \
    } while (0)

Aml *aml_name(const char *fmt, ...)
{
    Aml *term = aml_list_new();

    PUT_NAME_FORMAT(term, fmt);
    return term;
}

/* ---- data ---- */

Aml *aml_int(uint64_t value)
{
    Aml *term;

    if (value <= 1) {
        return aml_term(value);
    }
    if (value == UINT64_MAX) {
        return aml_term(0xff); /* Ones */
    }
    if (value <= 0xff) {
        term = aml_term(0x0a);
        aml_put_int(term, value, 1);
    } else if (value <= 0xffff) {
        term = aml_term(0x0b);
        aml_put_int(term, value, 2);
    } else if (value <= 0xffffffff) {
        term = aml_term(0x0c);
        aml_put_int(term, value, 4);
    } else {
        term = aml_term(0x0e);
        aml_put_int(term, value, 8);
    }
    return term;
}

Aml *aml_string(const char *fmt, ...)
{
    Aml *term = aml_term(0x0d);
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    aml_put(term, text, strlen(text) + 1);
    return term;
}

/* 19.6.34: three letters of five bits, four hexadecimal digits, as a big-endian number. */
Aml *aml_eisaid(const char *id)
{
    Aml *term = aml_term(0x0c);
    uint32_t value;

    g_assert(strlen(id) == 7);
    value = (id[0] - 0x40u) << 26 | (id[1] - 0x40u) << 21 | (id[2] - 0x40u) << 16;
    value |= strtoul(id + 3, NULL, 16);
    aml_put_int(term, bswap32(value), 4);
    return term;
}

Aml *aml_buffer(size_t size, const uint8_t *bytes)
{
    Aml *term = aml_block(0x11);

    aml_append(term, aml_int(size));
    if (bytes) {
        aml_put(term, bytes, size);
    }
    return term;
}

/* 19.6.142: the first three fields are little endian. */
Aml *aml_touuid(const char *text)
{
    QemuUUID uuid;

    if (qemu_uuid_parse(text, &uuid) < 0) {
        g_assert_not_reached();
    }
    uuid = qemu_uuid_bswap(uuid);
    return aml_buffer(sizeof(uuid.data), uuid.data);
}

Aml *aml_package(uint8_t num_elements)
{
    Aml *term = aml_block(0x12);

    aml_put_int(term, num_elements, 1);
    return term;
}

Aml *aml_arg(unsigned n)
{
    g_assert(n <= 6);
    return aml_term(0x68 + n);
}

Aml *aml_local(unsigned n)
{
    g_assert(n <= 7);
    return aml_term(0x60 + n);
}

Aml *aml_debug(void)
{
    return aml_term(0x5b31);
}

/* ---- named objects (20.2.5.1, 20.2.5.2) ---- */

Aml *aml_name_decl(const char *name, Aml *value)
{
    Aml *term = aml_term(0x08);

    aml_put_name(term, name);
    aml_append(term, value);
    return term;
}

Aml *aml_alias(const char *source, const char *alias)
{
    Aml *term = aml_term(0x06);

    aml_put_name(term, source);
    aml_put_name(term, alias);
    return term;
}

Aml *aml_scope(const char *fmt, ...)
{
    Aml *term = aml_block(0x10);

    PUT_NAME_FORMAT(term, fmt);
    return term;
}

Aml *aml_device(const char *fmt, ...)
{
    Aml *term = aml_block(0x5b82);

    PUT_NAME_FORMAT(term, fmt);
    return term;
}

/* ProcessorOp of ACPI 5.1, 20.2.5.2; without a register block. */
Aml *aml_processor(uint8_t id, const char *fmt, ...)
{
    Aml *term = aml_block(0x5b83);

    PUT_NAME_FORMAT(term, fmt);
    aml_put_int(term, id, 1);
    aml_put_int(term, 0, 5);
    return term;
}

Aml *aml_power_resource(const char *name, uint8_t system_level, uint16_t order)
{
    Aml *term = aml_block(0x5b84);

    aml_put_name(term, name);
    aml_put_int(term, system_level, 1);
    aml_put_int(term, order, 2);
    return term;
}

Aml *aml_mutex(const char *name, uint8_t sync_level)
{
    Aml *term = aml_term(0x5b01);

    g_assert(sync_level <= 15);
    aml_put_name(term, name);
    aml_put_int(term, sync_level, 1);
    return term;
}

Aml *aml_method(const char *name, unsigned num_args, AmlSerializeFlag flag)
{
    Aml *term = aml_block(0x14);

    g_assert(num_args <= 7);
    aml_put_name(term, name);
    aml_put_int(term, num_args | (flag == AML_SERIALIZED ? 8 : 0), 1);
    return term;
}

Aml *aml_operation_region(const char *name, AmlRegionSpace space, Aml *offset, uint64_t length)
{
    Aml *term = aml_term(0x5b80);

    aml_put_name(term, name);
    aml_put_int(term, space, 1);
    aml_append(term, offset);
    aml_append(term, aml_int(length));
    return term;
}

Aml *aml_field(const char *region, AmlAccessType access, AmlLockRule lock, AmlUpdateRule update)
{
    Aml *term = aml_block(0x5b81);

    aml_put_name(term, region);
    aml_put_int(term, access | lock << 4 | update << 5, 1);
    return term;
}

Aml *aml_named_field(const char *name, unsigned bits)
{
    Aml *term = aml_list_new();

    put_segment(term, name, strlen(name));
    aml_put_pkg_length(term->body, bits, false);
    return term;
}

Aml *aml_reserved_field(unsigned bits)
{
    Aml *term = aml_term(0x00);

    aml_put_pkg_length(term->body, bits, false);
    return term;
}

Aml *aml_create_field(Aml *source, Aml *index, unsigned size, const char *name)
{
    static const uint8_t ops[] = {[1] = 0x8c, [2] = 0x8b, [4] = 0x8a, [8] = 0x8f};
    Aml *term;

    g_assert(size < sizeof(ops) && ops[size]);
    term = aml_term(ops[size]);
    aml_append(term, source);
    aml_append(term, index);
    aml_put_name(term, name);
    return term;
}
