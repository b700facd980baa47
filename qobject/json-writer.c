/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON writer. The text is ASCII whatever the strings hold, so that it survives
 * any terminal, log or 8-bit channel.
 */
#include "qemu/osdep.h"
#include "qobject/json-writer.h"
#include "qobject/qnum.h"

struct JSONWriter {
    bool pretty;
    bool need_comma;
    GString *contents;
    GByteArray *container_is_array; /* a byte for each open container */
};

JSONWriter *json_writer_new(bool pretty)
{
    JSONWriter *writer = g_new(JSONWriter, 1);

    writer->pretty = pretty;
    writer->need_comma = false;
    writer->contents = g_string_new(NULL);
    writer->container_is_array = g_byte_array_new();
    return writer;
}

GString *json_writer_get_and_free(JSONWriter *writer)
{
    GString *contents = g_steal_pointer(&writer->contents);

    json_writer_free(writer);
    return contents;
}

void json_writer_free(JSONWriter *writer)
{
    if (!writer) {
        return;
    }
    if (writer->contents) {
        g_string_free(writer->contents, TRUE);
    }
    g_byte_array_free(writer->container_is_array, TRUE);
    g_free(writer);
}

static void append_escape(GString *out, unsigned codeunit)
{
    g_string_append_printf(out, "\\u%04X", codeunit);
}

static void append_char(GString *out, gunichar c)
{
    static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *p = c && c < 0x80 ? strchr(special, c) : NULL;

    if (p) {
        g_string_append_c(out, '\\');
        g_string_append_c(out, letters[p - special]);
    } else if (c >= 0x10000) {
        append_escape(out, 0xD800 + ((c - 0x10000) >> 10));
        append_escape(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    } else if (c < 0x20 || c >= 0x7F) {
        append_escape(out, c);
    } else {
        g_string_append_c(out, c);
    }
}

static void quoted_str(GString *out, const char *str)
{
    g_string_append_c(out, '"');
    while (*str) {
        /* Looks no further than the NUL: it is no continuation byte. */
        gunichar c = g_utf8_get_char_validated(str, 6);

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            append_escape(out, 0xFFFD);
            str++;
        } else {
            append_char(out, c);
            str = g_utf8_next_char(str);
        }
    }
    g_string_append_c(out, '"');
}

static void pretty_newline(JSONWriter *writer)
{
    if (writer->pretty) {
        g_string_append_printf(writer->contents, "\n%*s", (int)writer->container_is_array->len * 4,
                               "");
    }
}

static void begin_value(JSONWriter *writer, const char *name)
{
    guint depth = writer->container_is_array->len;

    if (writer->need_comma) {
        g_string_append(writer->contents, writer->pretty ? "," : ", ");
    }
    if (depth && (writer->need_comma || writer->pretty)) {
        pretty_newline(writer);
    }
    writer->need_comma = true;
    if (depth && !writer->container_is_array->data[depth - 1]) {
        quoted_str(writer->contents, name);
        g_string_append(writer->contents, ": ");
    }
}

static void begin_container(JSONWriter *writer, const char *name, char bracket)
{
    guint8 is_array = bracket == '[';

    begin_value(writer, name);
    g_string_append_c(writer->contents, bracket);
    g_byte_array_append(writer->container_is_array, &is_array, 1);
    writer->need_comma = false;
}

static void end_container(JSONWriter *writer, char bracket)
{
    g_assert(writer->container_is_array->len > 0);
    g_byte_array_set_size(writer->container_is_array, writer->container_is_array->len - 1);
    if (writer->need_comma) {
        pretty_newline(writer);
    }
    g_string_append_c(writer->contents, bracket);
    writer->need_comma = true;
}

void json_writer_start_object(JSONWriter *writer, const char *name)
{
    begin_container(writer, name, '{');
}

void json_writer_end_object(JSONWriter *writer)
{
    end_container(writer, '}');
}

void json_writer_start_array(JSONWriter *writer, const char *name)
{
    begin_container(writer, name, '[');
}

void json_writer_end_array(JSONWriter *writer)
{
    end_container(writer, ']');
}

void json_writer_bool(JSONWriter *writer, const char *name, bool val)
{
    begin_value(writer, name);
    g_string_append(writer->contents, val ? "true" : "false");
}

void json_writer_null(JSONWriter *writer, const char *name)
{
    begin_value(writer, name);
    g_string_append(writer->contents, "null");
}

void json_writer_int64(JSONWriter *writer, const char *name, int64_t val)
{
    begin_value(writer, name);
    g_string_append_printf(writer->contents, "%" PRId64, val);
}

void json_writer_uint64(JSONWriter *writer, const char *name, uint64_t val)
{
    begin_value(writer, name);
    g_string_append_printf(writer->contents, "%" PRIu64, val);
}

void json_writer_double(JSONWriter *writer, const char *name, double val)
{
    g_autoptr(QNum) num = qnum_from_double(val);
    g_autofree char *text = qnum_to_string(num);

    begin_value(writer, name);
    g_string_append(writer->contents, isfinite(val) ? text : "null");
}

void json_writer_str(JSONWriter *writer, const char *name, const char *str)
{
    begin_value(writer, name);
    quoted_str(writer->contents, str);
}
