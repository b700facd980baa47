/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON lexer (RFC 8259), byte by byte, so that input may break anywhere. Strings
 * are decoded and checked here: valid UTF-8, no control characters, surrogate
 * escapes in pairs, no NUL (our strings end with one).
 *
 * It never stores more than max_text bytes; text of tokens that are broken or
 * unwanted is not stored at all.
 */
#include "qemu/osdep.h"
#include "json-internal.h"

void json_lexer_init(JSONLexer *lexer, bool interpolate, size_t max_text, JSONTokenEmit *emit)
{
    *lexer = (JSONLexer){
        .emit = emit,
        .interpolate = interpolate,
        .max_text = max_text,
        .text = g_string_new(NULL),
    };
    json_lexer_new_message(lexer);
}

void json_lexer_new_message(JSONLexer *lexer)
{
    lexer->line = 1;
    lexer->column = 0;
}

void json_lexer_destroy(JSONLexer *lexer)
{
    g_string_free(lexer->text, TRUE);
    lexer->text = NULL;
}

static void lexer_fault(JSONLexer *lexer, const char *why)
{
    if (!lexer->fault) {
        lexer->fault = why;
        g_string_free(lexer->text, TRUE);
        lexer->text = g_string_new(NULL);
    }
}

static void lexer_append(JSONLexer *lexer, const char *buf, size_t len)
{
    if (lexer->fault || lexer->discard) {
        return;
    }
    if (len > lexer->max_text - lexer->text->len) {
        lexer_fault(lexer, "token too long");
        return;
    }
    g_string_append_len(lexer->text, buf, len);
}

static void lexer_append_unichar(JSONLexer *lexer, uint32_t c)
{
    char buf[6];

    lexer_append(lexer, buf, g_unichar_to_utf8(c, buf));
}

static void lexer_begin(JSONLexer *lexer, JSONLexState state)
{
    lexer->state = state;
    lexer->fault = NULL;
    lexer->high_surrogate = 0;
    lexer->utf8_left = 0;
    lexer->token_line = lexer->line;
    lexer->token_column = lexer->column;
}

static void lexer_end(JSONLexer *lexer, JSONTokenType type)
{
    /* The parser may look at state (new message), so be ready for the next token first. */
    g_autofree char *big = NULL;
    char small[64];
    size_t len = lexer->text->len;
    const char *text = lexer->fault;

    lexer->state = LEX_START;
    if (text) {
        type = type == JSON_RESET ? JSON_RESET : JSON_JUNK;
        len = strlen(text);
    } else if (len < sizeof(small)) {
        memcpy(small, lexer->text->str, len + 1);
        text = small;
    } else {
        text = big = g_string_free(lexer->text, FALSE);
        lexer->text = g_string_new(NULL);
    }
    g_string_truncate(lexer->text, 0);
    lexer->fault = NULL;
    lexer->emit(lexer, type, text, len);
}

static void lexer_reset(JSONLexer *lexer, const char *why)
{
    lexer_fault(lexer, why);
    lexer_end(lexer, JSON_RESET);
}

/* ---- strings ------------------------------------------------------------ */

/* A high surrogate that no low one follows. */
static void check_lone_surrogate(JSONLexer *lexer)
{
    if (lexer->high_surrogate) {
        lexer_fault(lexer, "\\u surrogate without its other half");
        lexer->high_surrogate = 0;
    }
}

static void string_unicode_escape(JSONLexer *lexer, uint32_t c)
{
    if (lexer->high_surrogate && c >= 0xDC00 && c <= 0xDFFF) {
        c = 0x10000 + ((lexer->high_surrogate - 0xD800) << 10) + (c - 0xDC00);
        lexer->high_surrogate = 0;
        lexer_append_unichar(lexer, c);
        return;
    }
    check_lone_surrogate(lexer);
    if (c >= 0xD800 && c <= 0xDBFF) {
        lexer->high_surrogate = c;
    } else if (c >= 0xDC00 && c <= 0xDFFF) {
        lexer_fault(lexer, "\\u surrogate without its other half");
    } else if (c == 0) {
        lexer_fault(lexer, "\\u0000 is not supported");
    } else {
        lexer_append_unichar(lexer, c);
    }
}

static void string_escape(JSONLexer *lexer, uint8_t c)
{
    static const char from[] = "bfnrt\"'\\/", to[] = "\b\f\n\r\t\"'\\/";
    const char *p = strchr(from, c);

    lexer->state = LEX_STRING;
    if (c == 'u') {
        lexer->state = LEX_UNICODE;
        lexer->hex_digits = 0;
        lexer->hex_value = 0;
        return;
    }
    check_lone_surrogate(lexer);
    if (!p || !c) {
        lexer_fault(lexer, "invalid escape sequence in string");
        return;
    }
    lexer_append(lexer, &to[p - from], 1);
}

static void string_hex_digit(JSONLexer *lexer, uint8_t c)
{
    if (!g_ascii_isxdigit(c)) {
        lexer_fault(lexer, "\\u needs four hexadecimal digits");
        lexer->state = LEX_STRING;
        return;
    }
    lexer->hex_value = lexer->hex_value << 4 | g_ascii_xdigit_value(c);
    if (++lexer->hex_digits == 4) {
        lexer->state = LEX_STRING;
        string_unicode_escape(lexer, lexer->hex_value);
    }
}

/* A byte above 0x7F: Unicode 3.9, table 3-7, without the forms that are too long. */
static void string_utf8(JSONLexer *lexer, uint8_t c)
{
    if (lexer->utf8_left) {
        if ((c & 0xC0) != 0x80) {
            lexer_fault(lexer, "invalid UTF-8 sequence in string");
            lexer->utf8_left = 0;
            return;
        }
        lexer->utf8_value = lexer->utf8_value << 6 | (c & 0x3F);
        if (--lexer->utf8_left) {
            return;
        }
        if (lexer->utf8_value < lexer->utf8_min || lexer->utf8_value > 0x10FFFF ||
            (lexer->utf8_value >= 0xD800 && lexer->utf8_value <= 0xDFFF)) {
            lexer_fault(lexer, "invalid UTF-8 sequence in string");
            return;
        }
        lexer_append_unichar(lexer, lexer->utf8_value);
    } else if ((c & 0xE0) == 0xC0) {
        lexer->utf8_left = 1;
        lexer->utf8_value = c & 0x1F;
        lexer->utf8_min = 0x80;
    } else if ((c & 0xF0) == 0xE0) {
        lexer->utf8_left = 2;
        lexer->utf8_value = c & 0x0F;
        lexer->utf8_min = 0x800;
    } else if ((c & 0xF8) == 0xF0) {
        lexer->utf8_left = 3;
        lexer->utf8_value = c & 0x07;
        lexer->utf8_min = 0x10000;
    } else {
        lexer_fault(lexer, "invalid UTF-8 sequence in string");
    }
}

static void string_byte(JSONLexer *lexer, uint8_t c)
{
    if (c >= 0x80) {
        check_lone_surrogate(lexer);
        string_utf8(lexer, c);
        return;
    }
    if (lexer->utf8_left) {
        lexer_fault(lexer, "invalid UTF-8 sequence in string");
        lexer->utf8_left = 0;
    }
    if (c == '\\') {
        lexer->state = LEX_ESCAPE;
        return;
    }
    check_lone_surrogate(lexer);
    if (c == lexer->quote) {
        lexer_end(lexer, JSON_STRING);
    } else {
        lexer_append(lexer, (const char *)&c, 1);
    }
}

/* How many bytes from @p need no thought: the bulk of a long string goes in one piece. */
static size_t plain_string_run(const JSONLexer *lexer, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *start = p;

    if (lexer->utf8_left || lexer->high_surrogate) {
        return 0;
    }
    while (p < end && *p >= 0x20 && *p < 0x7F && *p != '\\' && *p != lexer->quote) {
        p++;
    }
    return p - start;
}

/* ---- the rest ----------------------------------------------------------- */

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? ; JSON_JUNK when it is not that. */
static JSONTokenType classify_number(const char *s)
{
    JSONTokenType type = JSON_INTEGER;

    s += *s == '-';
    if (*s == '0') {
        s++;
    } else if (g_ascii_isdigit(*s)) {
        s += strspn(s, "0123456789");
    } else {
        return JSON_JUNK;
    }
    if (*s == '.') {
        size_t n = strspn(++s, "0123456789");

        if (!n) {
            return JSON_JUNK;
        }
        s += n;
        type = JSON_FLOAT;
    }
    if (*s == 'e' || *s == 'E') {
        size_t n;

        s++;
        s += *s == '-' || *s == '+';
        n = strspn(s, "0123456789");
        if (!n) {
            return JSON_JUNK;
        }
        s += n;
        type = JSON_FLOAT;
    }
    return *s ? JSON_JUNK : type;
}

static void lexer_end_number(JSONLexer *lexer)
{
    JSONTokenType type = JSON_INTEGER;

    if (!lexer->fault && !lexer->discard) {
        type = classify_number(lexer->text->str);
        if (type == JSON_JUNK) {
            lexer_fault(lexer, "invalid number");
        }
    }
    lexer_end(lexer, type);
}

static bool is_structural(uint8_t c)
{
    return c && strchr("{}[]:,\"'", c);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void start_byte(JSONLexer *lexer, uint8_t c)
{
    static const struct {
        char c;
        JSONTokenType type;
    } punctuation[] = {
        {'{', JSON_LCURLY},  {'}', JSON_RCURLY}, {'[', JSON_LSQUARE},
        {']', JSON_RSQUARE}, {':', JSON_COLON},  {',', JSON_COMMA},
    };

    if (is_space(c)) {
        return;
    }
    lexer_begin(lexer, LEX_START);
    for (size_t i = 0; i < G_N_ELEMENTS(punctuation); i++) {
        if (c == punctuation[i].c) {
            lexer_end(lexer, punctuation[i].type);
            return;
        }
    }
    if (c == '"' || c == '\'') {
        lexer->quote = c;
        lexer->state = LEX_STRING;
        return;
    }
    if (c == '-' || g_ascii_isdigit(c)) {
        lexer->state = LEX_NUMBER;
    } else if (g_ascii_islower(c)) {
        lexer->state = LEX_KEYWORD;
    } else if (c == '%' && lexer->interpolate) {
        lexer->state = LEX_INTERP;
    } else {
        lexer->state = LEX_JUNK;
        lexer_fault(lexer, "stray character");
    }
    lexer_append(lexer, (const char *)&c, 1);
}

/* A byte of a token without a closing mark; false: it ended before this byte. */
static bool open_token_byte(JSONLexer *lexer, uint8_t c)
{
    bool ends = is_space(c) || is_structural(c);

    switch (lexer->state) {
    case LEX_NUMBER:
        if (ends) {
            lexer_end_number(lexer);
            return false;
        }
        break;
    case LEX_KEYWORD:
        if (ends) {
            lexer_end(lexer, JSON_KEYWORD);
            return false;
        }
        break;
    case LEX_INTERP:
        if (!g_ascii_isalnum(c)) {
            lexer_end(lexer, JSON_INTERP);
            return false;
        }
        break;
    default:
        if (ends) {
            lexer_end(lexer, JSON_JUNK);
            return false;
        }
        break;
    }
    lexer_append(lexer, (const char *)&c, 1);
    return true;
}

static void lexer_byte(JSONLexer *lexer, uint8_t c)
{
    bool in_string = lexer->state >= LEX_STRING && lexer->state <= LEX_UNICODE;

    if (c == '\n') {
        lexer->line++;
        lexer->column = 0;
    } else {
        lexer->column++;
    }
    if (c == 0xFF || c == 0xFE) {
        lexer_reset(lexer, "byte that can't be in JSON");
        return;
    }
    if (c < 0x20 && (in_string || !is_space(c))) {
        lexer_reset(lexer, in_string ? "control character in string" : "stray control character");
        return;
    }
    switch (lexer->state) {
    case LEX_STRING:
        string_byte(lexer, c);
        return;
    case LEX_ESCAPE:
        string_escape(lexer, c);
        return;
    case LEX_UNICODE:
        string_hex_digit(lexer, c);
        return;
    case LEX_START:
        break;
    default:
        if (open_token_byte(lexer, c)) {
            return;
        }
        break;
    }
    start_byte(lexer, c);
}

void json_lexer_feed(JSONLexer *lexer, const char *buffer, size_t size)
{
    const uint8_t *p = (const uint8_t *)buffer, *end = p + size;

    while (p < end) {
        size_t run = lexer->state == LEX_STRING ? plain_string_run(lexer, p, end) : 0;

        if (run) {
            lexer_append(lexer, (const char *)p, run);
            lexer->column += run;
            p += run;
        } else {
            lexer_byte(lexer, *p++);
        }
    }
}

void json_lexer_flush(JSONLexer *lexer)
{
    switch (lexer->state) {
    case LEX_START:
        break;
    case LEX_STRING:
    case LEX_ESCAPE:
    case LEX_UNICODE:
        lexer_fault(lexer, "unterminated string");
        lexer_end(lexer, JSON_JUNK);
        break;
    case LEX_NUMBER:
        lexer_end_number(lexer);
        break;
    case LEX_KEYWORD:
        lexer_end(lexer, JSON_KEYWORD);
        break;
    case LEX_INTERP:
        lexer_end(lexer, JSON_INTERP);
        break;
    case LEX_JUNK:
        lexer_end(lexer, JSON_JUNK);
        break;
    }
}
