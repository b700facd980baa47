/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every processor type: a machine with it is saved and loaded, and saves the same then. */

#include "libqtest.h"
#include <glib/gstdio.h>
#include "qobject/qlist.h"

static char *temporary_file(void)
{
    char *name = NULL;
    int fd = g_file_open_tmp("cpu-types-XXXXXX", &name, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    return name;
}

static void save(const char *model, const char *incoming, const char *file)
{
    QTestState *s = qtest_initf("-machine pc -nodefaults -m 16 -cpu %s -rtc clock=vm %s%s", model,
                                incoming ? "-incoming file:" : "", incoming ? incoming : "");

    qtest_save(s, file);
    qtest_quit(s);
}

static void test_model(const void *data)
{
    g_autofree char *file1 = temporary_file(), *file2 = temporary_file();
    g_autofree char *state1 = NULL, *state2 = NULL;
    gsize len1, len2;

    save(data, NULL, file1);
    save(data, file1, file2);
    g_assert(g_file_get_contents(file1, &state1, &len1, NULL));
    g_assert(g_file_get_contents(file2, &state2, &len2, NULL));
    g_assert_cmpmem(state1, len1, state2, len2);
    g_unlink(file1);
    g_unlink(file2);
}

static void add_tests(void)
{
    QTestState *s = qtest_init("-machine pc -nodefaults");
    g_autoptr(QDict) response =
        qtest_qmp(s, "{'execute': 'qom-list-types',"
                     " 'arguments': {'implements': 'cpu', 'abstract': false}}");
    const QList *types = qdict_get_qlist(response, "return");

    for (const QListEntry *e = qlist_first(types); e; e = qlist_next(e)) {
        const char *type = qdict_get_str(qobject_to(QDict, qlist_entry_obj(e)), "name");
        char *model = g_strndup(type, strlen(type) - strlen("-x86_64-cpu"));
        g_autofree char *path = g_strdup_printf("/cpu/%s", model);

        /* Names without a version stand for one that has it; "host" is for KVM. */
        if (strcmp(model, "host") && (g_regex_match_simple("-v[0-9]+$", model, 0, 0) ||
                                      !strcmp(model, "max") || !strcmp(model, "base"))) {
            g_test_add_data_func_full(path, model, test_model, g_free);
        } else {
            g_free(model);
        }
    }
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_tests();
    return g_test_run();
}
