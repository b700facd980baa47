/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON parser: a push-down automaton over tokens that builds values as they
 * come, so that nothing but the value itself (and one frame per open bracket)
 * is in memory.
 *
 * After an error nothing is built any more; brackets are only counted, and the
 * error is emitted when they balance. So a client gets one answer per message,
 * and the next message is understood.
 */
#include "qemu/osdep.h"
#include "qobject/json-parser.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnull.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"
#include "json-internal.h"

typedef enum ParseState {
    PS_VALUE,
    PS_VALUE_OR_END,
    PS_KEY,
    PS_KEY_OR_END,
    PS_COLON,
    PS_COMMA_OR_END,
} ParseState;

/* An open bracket. */
typedef struct ParseFrame {
    QObject *container;
    char *key; /* of the member in progress */
    ParseState state;
} ParseFrame;

struct JSONParserState {
    JSONLexer lexer;
    JSONMessageParser *parser;
    va_list *ap;
    GArray *frames;
    uint64_t token_count, token_size; /* of the message in progress */
    Error *err;                       /* the message is broken: waits for its end */
    uint64_t depth;                   /* open brackets, while broken */
};

static JSONParserState *state_of(JSONLexer *lexer)
{
    return container_of(lexer, JSONParserState, lexer);
}

static ParseFrame *top_frame(JSONParserState *s)
{
    return s->frames->len ? &g_array_index(s->frames, ParseFrame, s->frames->len - 1) : NULL;
}

static void drop_frames(JSONParserState *s)
{
    for (guint i = 0; i < s->frames->len; i++) {
        ParseFrame *f = &g_array_index(s->frames, ParseFrame, i);

        /* Only the outermost one is ours: the others are in their parent. */
        if (i == 0) {
            qobject_unref(f->container);
        }
        g_free(f->key);
    }
    g_array_set_size(s->frames, 0);
}

/* Ends the message in progress with its value or the error. */
static void finish_message(JSONParserState *s, QObject *value)
{
    Error *err = g_steal_pointer(&s->err);

    drop_frames(s);
    s->token_count = 0;
    s->token_size = 0;
    s->depth = 0;
    s->lexer.discard = false;
    json_lexer_new_message(&s->lexer);
    if (value || err) {
        s->parser->emit(s->parser->opaque, err ? NULL : value, err);
    }
}

static uint64_t depth_after(uint64_t depth, JSONTokenType type)
{
    if (type == JSON_LCURLY || type == JSON_LSQUARE) {
        return depth + 1;
    }
    if ((type == JSON_RCURLY || type == JSON_RSQUARE) && depth > 0) {
        return depth - 1;
    }
    return depth;
}

/* Call with err set: token @type broke the message. */
static void message_broken(JSONParserState *s, JSONTokenType type)
{
    s->depth = depth_after(s->frames->len, type);
    drop_frames(s);
    s->lexer.discard = true;
    if (s->depth == 0 || type == JSON_RESET) {
        finish_message(s, NULL);
    }
}

static void parse_error(JSONParserState *s, JSONTokenType type, const char *what)
{
    error_setg(&s->err, "JSON parse error, %s (line %u, column %u)", what, s->lexer.token_line,
               s->lexer.token_column);
    message_broken(s, type);
}

/* ---- scalars ------------------------------------------------------------ */

static QObject *parse_number(JSONTokenType type, const char *text)
{
    int64_t i;
    uint64_t u;
    double d;

    if (type == JSON_INTEGER) {
        if (g_ascii_string_to_signed(text, 10, INT64_MIN, INT64_MAX, &i, NULL)) {
            return QOBJECT(qnum_from_int(i));
        }
        if (text[0] != '-' && g_ascii_string_to_unsigned(text, 10, 0, UINT64_MAX, &u, NULL)) {
            return QOBJECT(qnum_from_uint(u));
        }
        /* Too big for an integer: as near as a double can say it. */
    }
    d = g_ascii_strtod(text, NULL);
    return isfinite(d) ? QOBJECT(qnum_from_double(d)) : NULL;
}

static QObject *parse_keyword(const char *text)
{
    if (!strcmp(text, "true")) {
        return QOBJECT(qbool_from_bool(true));
    }
    if (!strcmp(text, "false")) {
        return QOBJECT(qbool_from_bool(false));
    }
    if (!strcmp(text, "null")) {
        return QOBJECT(qnull());
    }
    return NULL;
}

static QObject *parse_interpolation(JSONParserState *s, const char *text)
{
    if (!strcmp(text, "%p")) {
        return va_arg(*s->ap, QObject *);
    } else if (!strcmp(text, "%i")) {
        return QOBJECT(qbool_from_bool(va_arg(*s->ap, int)));
    } else if (!strcmp(text, "%d")) {
        return QOBJECT(qnum_from_int(va_arg(*s->ap, int)));
    } else if (!strcmp(text, "%ld")) {
        return QOBJECT(qnum_from_int(va_arg(*s->ap, long)));
    } else if (!strcmp(text, "%lld")) {
        return QOBJECT(qnum_from_int(va_arg(*s->ap, long long)));
    } else if (!strcmp(text, "%u")) {
        return QOBJECT(qnum_from_uint(va_arg(*s->ap, unsigned)));
    } else if (!strcmp(text, "%lu")) {
        return QOBJECT(qnum_from_uint(va_arg(*s->ap, unsigned long)));
    } else if (!strcmp(text, "%llu")) {
        return QOBJECT(qnum_from_uint(va_arg(*s->ap, unsigned long long)));
    } else if (!strcmp(text, "%s")) {
        return QOBJECT(qstring_from_str(va_arg(*s->ap, const char *)));
    } else if (!strcmp(text, "%f")) {
        return QOBJECT(qnum_from_double(va_arg(*s->ap, double)));
    }
    return NULL;
}

/* In a template "%%" stands for '%'; NULL when there is another '%'. */
static char *string_text(JSONParserState *s, const char *text, size_t len)
{
    GString *out;

    if (!s->ap || !memchr(text, '%', len)) {
        return g_strndup(text, len);
    }
    out = g_string_sized_new(len);
    for (const char *p = text; *p; p++) {
        if (*p == '%' && *++p != '%') {
            g_string_free(out, TRUE);
            return NULL;
        }
        g_string_append_c(out, *p);
    }
    return g_string_free(out, FALSE);
}

/* ---- structure ---------------------------------------------------------- */

/* A complete or newly opened value: puts it where it belongs. */
static void attach_value(ParseFrame *f, QObject *value)
{
    if (qobject_type(f->container) == QTYPE_QDICT) {
        qdict_put_obj((QDict *)f->container, f->key, value);
        g_clear_pointer(&f->key, g_free);
    } else {
        qlist_append_obj((QList *)f->container, value);
    }
    f->state = PS_COMMA_OR_END;
}

static void open_container(JSONParserState *s, JSONTokenType type)
{
    ParseFrame *f = top_frame(s);
    ParseFrame new = {0};

    if (s->frames->len >= JSON_MAX_NESTING) {
        error_setg(&s->err, "JSON nesting depth limit exceeded (%d)", JSON_MAX_NESTING);
        message_broken(s, type);
        return;
    }
    if (type == JSON_LCURLY) {
        new.container = QOBJECT(qdict_new());
        new.state = PS_KEY_OR_END;
    } else {
        new.container = QOBJECT(qlist_new());
        new.state = PS_VALUE_OR_END;
    }
    if (f) {
        attach_value(f, new.container);
    }
    g_array_append_val(s->frames, new);
}

static void close_container(JSONParserState *s)
{
    QObject *container = top_frame(s)->container;

    g_array_set_size(s->frames, s->frames->len - 1);
    if (s->frames->len == 0) {
        finish_message(s, container);
    }
}

static void parse_value(JSONParserState *s, JSONTokenType type, const char *text, size_t len)
{
    ParseFrame *f = top_frame(s);
    QObject *value = NULL;
    const char *what = "expecting value";
    char *str;

    switch (type) {
    case JSON_LCURLY:
    case JSON_LSQUARE:
        open_container(s, type);
        return;
    case JSON_STRING:
        str = string_text(s, text, len);
        value = str ? QOBJECT(qstring_take_str(str)) : NULL;
        what = "can't interpolate into a string";
        break;
    case JSON_INTEGER:
    case JSON_FLOAT:
        value = parse_number(type, text);
        what = "number out of range";
        break;
    case JSON_KEYWORD:
        value = parse_keyword(text);
        what = "unknown keyword, expecting true, false or null";
        break;
    case JSON_INTERP:
        value = parse_interpolation(s, text);
        what = "invalid interpolation";
        break;
    default:
        break;
    }
    if (!value) {
        parse_error(s, type, what);
    } else if (f) {
        attach_value(f, value);
    } else {
        finish_message(s, value);
    }
}

static void parse_key(JSONParserState *s, JSONTokenType type, const char *text, size_t len)
{
    ParseFrame *f = top_frame(s);
    g_autofree char *key = NULL;

    if (type != JSON_STRING) {
        parse_error(s, type, "object key is not a string");
        return;
    }
    key = string_text(s, text, len);
    if (!key) {
        parse_error(s, type, "can't interpolate into a string");
    } else if (qdict_haskey((QDict *)f->container, key)) {
        parse_error(s, type, "duplicate key");
    } else {
        f->key = g_steal_pointer(&key);
        f->state = PS_COLON;
    }
}

static void parse_token(JSONParserState *s, JSONTokenType type, const char *text, size_t len)
{
    ParseFrame *f = top_frame(s);
    bool is_dict = f && qobject_type(f->container) == QTYPE_QDICT;
    JSONTokenType end = is_dict ? JSON_RCURLY : JSON_RSQUARE;

    switch (f ? f->state : PS_VALUE) {
    case PS_VALUE_OR_END:
        if (type == end) {
            close_container(s);
            return;
        }
        /* fall through */
    case PS_VALUE:
        parse_value(s, type, text, len);
        return;
    case PS_KEY_OR_END:
        if (type == end) {
            close_container(s);
            return;
        }
        /* fall through */
    case PS_KEY:
        parse_key(s, type, text, len);
        return;
    case PS_COLON:
        if (type != JSON_COLON) {
            parse_error(s, type, "missing ':' after object key");
            return;
        }
        f->state = PS_VALUE;
        return;
    case PS_COMMA_OR_END:
        if (type == end) {
            close_container(s);
        } else if (type == JSON_COMMA) {
            f->state = is_dict ? PS_KEY : PS_VALUE;
        } else {
            parse_error(s, type, is_dict ? "expecting ',' or '}'" : "expecting ',' or ']'");
        }
        return;
    }
}

static void handle_token(JSONLexer *lexer, JSONTokenType type, const char *text, size_t len)
{
    JSONParserState *s = state_of(lexer);

    if (s->err) {
        s->depth = depth_after(s->depth, type);
        if (s->depth == 0 || type == JSON_RESET) {
            finish_message(s, NULL);
        }
        return;
    }
    if (type == JSON_JUNK || type == JSON_RESET) {
        parse_error(s, type, text);
        return;
    }
    s->token_count++;
    s->token_size += len;
    if (s->token_count > JSON_MAX_TOKEN_COUNT) {
        error_setg(&s->err, "JSON token count limit exceeded (%llu)", JSON_MAX_TOKEN_COUNT);
        message_broken(s, type);
    } else if (s->token_size > JSON_MAX_TOKEN_SIZE) {
        error_setg(&s->err, "JSON token size limit exceeded (%llu bytes)", JSON_MAX_TOKEN_SIZE);
        message_broken(s, type);
    } else {
        parse_token(s, type, text, len);
    }
}

/* ---- public ------------------------------------------------------------- */

void json_message_parser_init(JSONMessageParser *parser, JSONMessageEmit *emit, void *opaque,
                              va_list *ap)
{
    JSONParserState *s = g_new0(JSONParserState, 1);

    *parser = (JSONMessageParser){.emit = emit, .opaque = opaque, .state = s};
    s->parser = parser;
    s->ap = ap;
    s->frames = g_array_new(FALSE, FALSE, sizeof(ParseFrame));
    json_lexer_init(&s->lexer, ap != NULL, JSON_MAX_TOKEN_SIZE, handle_token);
}

void json_message_parser_feed(JSONMessageParser *parser, const char *buffer, size_t size)
{
    json_lexer_feed(&parser->state->lexer, buffer, size);
}

void json_message_parser_flush(JSONMessageParser *parser)
{
    JSONParserState *s = parser->state;

    json_lexer_flush(&s->lexer);
    if (!s->err && s->frames->len) {
        error_setg(&s->err, "JSON parse error, premature end of input");
    }
    finish_message(s, NULL);
}

void json_message_parser_destroy(JSONMessageParser *parser)
{
    JSONParserState *s = parser->state;

    if (!s) {
        return;
    }
    drop_frames(s);
    g_array_free(s->frames, TRUE);
    error_free(s->err);
    json_lexer_destroy(&s->lexer);
    g_free(s);
    parser->state = NULL;
}
