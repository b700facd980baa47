/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line editor of the human monitor, for terminals that know ECMA-48's cursor sequences. */

#include "qemu/osdep.h"
#include "readline.h"

#define MAX_LINE    4095
#define MAX_HISTORY 64
#define SCREEN_COLS 80

typedef enum EscapeState { ESC_NONE, ESC_START, ESC_CSI, ESC_SS3 } EscapeState;

struct ReadLine {
    const ReadLineOps *ops;
    void *opaque;
    char *prompt;
    GString *line;
    size_t pos;     /* of the cursor in it */
    GString *shown; /* what the terminal shows, with its cursor at */
    size_t shown_pos;
    EscapeState escape;
    int escape_param;
    GPtrArray *history; /* oldest first */
    int history_at;     /* entry that is edited, -1: none */
};

ReadLine *readline_new(const char *prompt, const ReadLineOps *ops, void *opaque)
{
    ReadLine *rs = g_new0(ReadLine, 1);

    rs->ops = ops;
    rs->opaque = opaque;
    rs->prompt = g_strdup(prompt);
    rs->line = g_string_new(NULL);
    rs->shown = g_string_new(NULL);
    rs->history = g_ptr_array_new_with_free_func(g_free);
    rs->history_at = -1;
    return rs;
}

void readline_free(ReadLine *rs)
{
    g_ptr_array_unref(rs->history);
    g_string_free(rs->line, TRUE);
    g_string_free(rs->shown, TRUE);
    g_free(rs->prompt);
    g_free(rs);
}

const char *readline_history(ReadLine *rs, unsigned i)
{
    return i < rs->history->len ? g_ptr_array_index(rs->history, i) : NULL;
}

/* ---- the screen ---- */

/* Brings what is shown up to date with a minimum of output. */
static void update(ReadLine *rs)
{
    g_autoptr(GString) out = g_string_new(NULL);
    size_t same = 0;

    while (same < rs->line->len && same < rs->shown->len &&
           rs->line->str[same] == rs->shown->str[same]) {
        same++;
    }
    if (same < rs->line->len || same < rs->shown->len) {
        for (; rs->shown_pos > same; rs->shown_pos--) {
            g_string_append(out, "\033[D");
        }
        g_string_append_len(out, rs->line->str + rs->shown_pos, rs->line->len - rs->shown_pos);
        if (rs->shown->len > rs->line->len) {
            g_string_append(out, "\033[K");
        }
        rs->shown_pos = rs->line->len;
        g_string_assign(rs->shown, rs->line->str);
    }
    for (; rs->shown_pos > rs->pos; rs->shown_pos--) {
        g_string_append(out, "\033[D");
    }
    if (rs->shown_pos < rs->pos) {
        g_string_append_len(out, rs->line->str + rs->shown_pos, rs->pos - rs->shown_pos);
        rs->shown_pos = rs->pos;
    }
    if (out->len) {
        rs->ops->print(rs->opaque, out->str);
    }
}

void readline_show_prompt(ReadLine *rs)
{
    rs->ops->print(rs->opaque, rs->prompt);
    g_string_truncate(rs->shown, 0);
    rs->shown_pos = 0;
    update(rs);
}

void readline_restart(ReadLine *rs)
{
    g_string_truncate(rs->line, 0);
    g_string_truncate(rs->shown, 0);
    rs->pos = rs->shown_pos = 0;
    rs->escape = ESC_NONE;
    rs->history_at = -1;
}

/* ---- editing ---- */

static void erase(ReadLine *rs, size_t from, size_t len)
{
    g_string_erase(rs->line, from, len);
    rs->pos = from;
}

static void insert(ReadLine *rs, const char *text, size_t len)
{
    if (rs->line->len + len <= MAX_LINE) {
        g_string_insert_len(rs->line, rs->pos, text, len);
        rs->pos += len;
    }
}

static size_t word_start(ReadLine *rs)
{
    size_t p = rs->pos;

    while (p > 0 && g_ascii_isspace(rs->line->str[p - 1])) {
        p--;
    }
    while (p > 0 && !g_ascii_isspace(rs->line->str[p - 1])) {
        p--;
    }
    return p;
}

static void show_history(ReadLine *rs, int step)
{
    int at = rs->history_at < 0 ? (int)rs->history->len : rs->history_at;

    at += step;
    if (at < 0 || at > (int)rs->history->len) {
        return;
    }
    rs->history_at = at == (int)rs->history->len ? -1 : at;
    g_string_assign(rs->line,
                    rs->history_at < 0 ? "" : g_ptr_array_index(rs->history, rs->history_at));
    rs->pos = rs->line->len;
}

static void remember(ReadLine *rs, const char *line)
{
    if (!*line) {
        return;
    }
    for (guint i = 0; i < rs->history->len; i++) {
        if (!strcmp(g_ptr_array_index(rs->history, i), line)) {
            g_ptr_array_remove_index(rs->history, i);
            break;
        }
    }
    if (rs->history->len >= MAX_HISTORY) {
        g_ptr_array_remove_index(rs->history, 0);
    }
    g_ptr_array_add(rs->history, g_strdup(line));
}

static void enter(ReadLine *rs)
{
    g_autofree char *line = g_strdup(rs->line->str);

    rs->pos = rs->line->len;
    update(rs);
    rs->ops->print(rs->opaque, "\n");
    readline_restart(rs);
    remember(rs, line);
    rs->ops->line(rs->opaque, line);
}

/* ---- completion ---- */

static void add_word(void *opaque, const char *word)
{
    g_ptr_array_add(opaque, g_strdup(word));
}

static gint compare_words(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_words(ReadLine *rs, GPtrArray *words)
{
    g_autoptr(GString) out = g_string_new("\n");
    size_t width = 0, columns;

    for (guint i = 0; i < words->len; i++) {
        width = MAX(width, strlen(g_ptr_array_index(words, i)) + 2);
    }
    columns = MAX(SCREEN_COLS / MAX(width, 10), 1);
    for (guint i = 0; i < words->len; i++) {
        bool last = (i + 1) % columns == 0 || i + 1 == words->len;
        g_string_append_printf(out, "%-*s%s", last ? 0 : (int)MAX(width, 10),
                               (char *)g_ptr_array_index(words, i), last ? "\n" : "");
    }
    rs->ops->print(rs->opaque, out->str);
    readline_show_prompt(rs);
}

/* How many of their first bytes all words share. */
static size_t common_length(GPtrArray *words)
{
    const char *first = g_ptr_array_index(words, 0);
    size_t len = strlen(first);

    for (guint i = 1; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        size_t n = 0;
        while (n < len && word[n] == first[n]) {
            n++;
        }
        len = n;
    }
    return len;
}

static void complete(ReadLine *rs)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *head = g_strndup(rs->line->str, rs->pos);
    size_t start = rs->pos, len;

    while (start > 0 && !g_ascii_isspace(head[start - 1])) {
        start--;
    }
    rs->ops->complete(rs->opaque, head, add_word, words);
    for (guint i = words->len; i-- > 0;) {
        if (!g_str_has_prefix(g_ptr_array_index(words, i), head + start)) {
            g_ptr_array_remove_index_fast(words, i);
        }
    }
    if (!words->len) {
        return;
    }
    g_ptr_array_sort(words, compare_words);
    len = common_length(words);
    if (len > rs->pos - start) {
        insert(rs, (char *)g_ptr_array_index(words, 0) + (rs->pos - start),
               len - (rs->pos - start));
    } else if (words->len > 1) {
        list_words(rs, words);
    }
    if (words->len == 1) {
        insert(rs, " ", 1);
    }
}

/* ---- keys ---- */

static void cursor_key(ReadLine *rs, int ch)
{
    switch (ch) {
    case 'A':
        show_history(rs, -1);
        break;
    case 'B':
        show_history(rs, 1);
        break;
    case 'C':
        rs->pos += rs->pos < rs->line->len;
        break;
    case 'D':
        rs->pos -= rs->pos > 0;
        break;
    case 'F':
        rs->pos = rs->line->len;
        break;
    case 'H':
        rs->pos = 0;
        break;
    case '~':
        if (rs->escape_param == 1) {
            rs->pos = 0;
        } else if (rs->escape_param == 4) {
            rs->pos = rs->line->len;
        } else if (rs->escape_param == 3 && rs->pos < rs->line->len) {
            erase(rs, rs->pos, 1);
        }
        break;
    }
}

static void escape_key(ReadLine *rs, int ch)
{
    if (rs->escape == ESC_START) {
        rs->escape = ch == '[' ? ESC_CSI : ch == 'O' ? ESC_SS3 : ESC_NONE;
        rs->escape_param = 0;
        return;
    }
    if (g_ascii_isdigit(ch) || ch == ';') {
        rs->escape_param = ch == ';' ? 0 : (rs->escape_param * 10 + ch - '0') % 1000;
        return;
    }
    rs->escape = ESC_NONE;
    cursor_key(rs, ch);
}

static void control_key(ReadLine *rs, int ch)
{
    switch (ch) {
    case 1: /* ^A */
        rs->pos = 0;
        break;
    case 2: /* ^B */
        rs->pos -= rs->pos > 0;
        break;
    case 4: /* ^D */
        if (rs->pos < rs->line->len) {
            erase(rs, rs->pos, 1);
        }
        break;
    case 5: /* ^E */
        rs->pos = rs->line->len;
        break;
    case 6: /* ^F */
        rs->pos += rs->pos < rs->line->len;
        break;
    case 8:
    case 127:
        if (rs->pos > 0) {
            erase(rs, rs->pos - 1, 1);
        }
        break;
    case 9:
        complete(rs);
        break;
    case 11: /* ^K */
        g_string_truncate(rs->line, rs->pos);
        break;
    case 12: /* ^L */
        rs->ops->print(rs->opaque, "\033[2J\033[1;1H");
        readline_show_prompt(rs);
        break;
    case 14: /* ^N */
        show_history(rs, 1);
        break;
    case 16: /* ^P */
        show_history(rs, -1);
        break;
    case 21: /* ^U */
        erase(rs, 0, rs->pos);
        break;
    case 23: { /* ^W */
        size_t start = word_start(rs);
        erase(rs, start, rs->pos - start);
        break;
    }
    case 27:
        rs->escape = ESC_START;
        break;
    }
}

void readline_key(ReadLine *rs, int ch)
{
    char byte = ch;

    if (rs->escape != ESC_NONE) {
        escape_key(rs, ch);
    } else if (ch == '\n' || ch == '\r') {
        enter(rs);
        return;
    } else if (ch < 32 || ch == 127) {
        control_key(rs, ch);
    } else {
        insert(rs, &byte, 1);
    }
    update(rs);
}
