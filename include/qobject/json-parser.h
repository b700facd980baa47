/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incremental JSON parser for a stream of values that arrive in pieces.
 *
 * Memory is bounded whatever the peer sends: nesting, the size of one token, and
 * the count and size of the tokens of one value have limits. After an error the
 * parser drops input up to the end of the broken value where that can be told
 * (brackets close), and at a newline or a byte that cannot be in JSON (0xFF)
 * otherwise; then it starts afresh.
 */
#ifndef QOBJECT_JSON_PARSER_H
#define QOBJECT_JSON_PARSER_H

#include "qobject/qobject.h"

#define JSON_MAX_NESTING     1024
#define JSON_MAX_TOKEN_SIZE  (64ULL << 20)
#define JSON_MAX_TOKEN_COUNT (2ULL << 20)

typedef struct JSONParserState JSONParserState;

/* Exactly one of @json (callee's reference) and @err (callee's) is set. */
typedef void(JSONMessageEmit)(void *opaque, QObject *json, Error *err);

typedef struct JSONMessageParser {
    JSONMessageEmit *emit;
    void *opaque;
    JSONParserState *state;
} JSONMessageParser;

/* @ap (may be NULL) supplies values for %-interpolation, for trusted templates only. */
void json_message_parser_init(JSONMessageParser *parser, JSONMessageEmit *emit, void *opaque,
                              va_list *ap);
/* Emits each value as soon as it is complete; not re-entrant from emit. */
void json_message_parser_feed(JSONMessageParser *parser, const char *buffer, size_t size);
/* End of input: emits a number or keyword that had to wait, or an error for half a value. */
void json_message_parser_flush(JSONMessageParser *parser);
void json_message_parser_destroy(JSONMessageParser *parser);

#endif /* QOBJECT_JSON_PARSER_H */
