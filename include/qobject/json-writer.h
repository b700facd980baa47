/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes JSON as it goes, without building values first. */
#ifndef QOBJECT_JSON_WRITER_H
#define QOBJECT_JSON_WRITER_H

#include "qemu/osdep.h"

typedef struct JSONWriter JSONWriter;

JSONWriter *json_writer_new(bool pretty);
/* Frees the writer and hands over its text (g_string_free). */
GString *json_writer_get_and_free(JSONWriter *writer);
void json_writer_free(JSONWriter *writer);

/* @name is the member's name inside an object, NULL in arrays and at the top. */
void json_writer_start_object(JSONWriter *writer, const char *name);
void json_writer_end_object(JSONWriter *writer);
void json_writer_start_array(JSONWriter *writer, const char *name);
void json_writer_end_array(JSONWriter *writer);
void json_writer_bool(JSONWriter *writer, const char *name, bool val);
void json_writer_null(JSONWriter *writer, const char *name);
void json_writer_int64(JSONWriter *writer, const char *name, int64_t val);
void json_writer_uint64(JSONWriter *writer, const char *name, uint64_t val);
/* NaN and infinities have no JSON form and are written as null. */
void json_writer_double(JSONWriter *writer, const char *name, double val);
void json_writer_str(JSONWriter *writer, const char *name, const char *str);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JSONWriter, json_writer_free)

#endif /* QOBJECT_JSON_WRITER_H */
