/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the JSON lexer, which finds tokens in a byte stream, and the parser,
 * which makes values of them.
 */
#ifndef JSON_INTERNAL_H
#define JSON_INTERNAL_H

#include "qobject/qobject.h"

typedef enum JSONTokenType {
    JSON_LCURLY,
    JSON_RCURLY,
    JSON_LSQUARE,
    JSON_RSQUARE,
    JSON_COLON,
    JSON_COMMA,
    JSON_STRING,  /* text: decoded, without quotes */
    JSON_INTEGER, /* text: as written */
    JSON_FLOAT,
    JSON_KEYWORD, /* a run of lower-case letters */
    JSON_INTERP,  /* a %-sequence of a template */
    JSON_JUNK,    /* no token of JSON; message says why */
    JSON_RESET,   /* a byte after which nothing before it can be completed */
} JSONTokenType;

typedef enum JSONLexState {
    LEX_START,
    LEX_STRING,
    LEX_ESCAPE,
    LEX_UNICODE,
    LEX_NUMBER,
    LEX_KEYWORD,
    LEX_INTERP,
    LEX_JUNK,
} JSONLexState;

typedef struct JSONLexer JSONLexer;
typedef void JSONTokenEmit(JSONLexer *lexer, JSONTokenType type, const char *text, size_t len);

struct JSONLexer {
    JSONTokenEmit *emit;
    bool interpolate; /* a template: '%' starts a token, "%%" in strings is '%' */
    bool discard;     /* nobody wants the text: don't store it */
    size_t max_text;  /* longer tokens become JSON_JUNK */

    JSONLexState state;
    GString *text;
    const char *fault; /* why the token in progress will be junk, NULL: it is fine so far */
    char quote;
    unsigned hex_digits;
    uint32_t hex_value;
    uint32_t high_surrogate; /* 0: none waits for its other half */
    unsigned utf8_left;      /* continuation bytes to come */
    uint32_t utf8_value, utf8_min;
    unsigned line, column; /* of the current byte, from 1 */
    unsigned token_line, token_column;
};

void json_lexer_init(JSONLexer *lexer, bool interpolate, size_t max_text, JSONTokenEmit *emit);
void json_lexer_feed(JSONLexer *lexer, const char *buffer, size_t size);
/* End of input: emits what waits for its end; an open string is junk. */
void json_lexer_flush(JSONLexer *lexer);
/* A value ended: positions in messages count from here. */
void json_lexer_new_message(JSONLexer *lexer);
void json_lexer_destroy(JSONLexer *lexer);

#endif
