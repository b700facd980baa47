/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory back ends: as -object makes them, and what they refuse. */
#include "qemu/osdep.h"
#include "qom/object_interfaces.h"
#include "system/hostmem.h"
#include "system/thread-context.h"
#include "memory-test.h"
#include <sched.h>

static HostMemoryBackend *backend_new(const char *options, Error **errp)
{
    bool helped = false;

    if (!user_creatable_add_from_str(options, &helped, errp)) {
        return NULL;
    }
    return MEMORY_BACKEND(object_resolve_path("/objects/m", NULL));
}

static void backend_del(void)
{
    user_creatable_del("m", &error_abort);
    bql_unlock();
    drain_call_rcu();
    bql_lock();
}

static void assert_refused(const char *options, const char *message)
{
    Error *err = NULL;

    g_assert_null(backend_new(options, &err));
    g_assert_nonnull(err);
    if (!strstr(error_get_pretty(err), message)) {
        g_test_message("got: %s", error_get_pretty(err));
        g_test_fail();
    }
    error_free(err);
    g_assert_null(object_resolve_path("/objects/m", NULL));
}

static void test_ram(void)
{
    HostMemoryBackend *b = backend_new("memory-backend-ram,id=m,size=4M,share=on,prealloc=on,"
                                       "prealloc-threads=2,dump=off,merge=off",
                                       &error_abort);
    MemoryRegion *mr = host_memory_backend_get_memory(b);
    Error *err = NULL;

    g_assert_cmpuint(memory_region_size(mr), ==, 4 << 20);
    g_assert_cmpstr(memory_region_name(mr), ==, "m");
    g_assert_true(qemu_ram_is_shared(mr->ram_block));
    g_assert_false(qemu_ram_is_migratable(mr->ram_block));
    ((uint8_t *)memory_region_get_ram_ptr(mr))[(4 << 20) - 1] = 1;

    g_assert_false(object_property_parse(OBJECT(b), "size", "8M", &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "property 'size' of memory-backend-ram 'm'"));
    error_free(err);
    err = NULL;
    g_assert_true(object_property_set_bool(OBJECT(b), "dump", true, &error_abort));

    host_memory_backend_set_mapped(b, true);
    g_assert_false(user_creatable_del("m", &err));
    error_free_or_abort(&err);
    host_memory_backend_set_mapped(b, false);
    backend_del();
}

static void test_memfd(void)
{
    HostMemoryBackend *b = backend_new("memory-backend-memfd,id=m,size=2M", &error_abort);
    int fd = memory_region_get_fd(host_memory_backend_get_memory(b));

    g_assert_true(b->share);
    g_assert_cmpint(ftruncate(fd, 4096), <, 0); /* sealed */
    backend_del();
    b = backend_new("memory-backend-shm,id=m,size=2M", &error_abort);
    g_assert_cmpint(memory_region_get_fd(host_memory_backend_get_memory(b)), >=, 0);
    backend_del();
}

static void test_file(void)
{
    g_autofree char *dir = g_dir_make_tmp("hostmem-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "f", NULL);
    g_autofree char *rw =
        g_strdup_printf("memory-backend-file,id=m,size=16K,share=on,mem-path=%s", path);
    g_autofree char *ro = g_strconcat(rw, ",readonly=on", NULL);
    g_autofree char *tmp =
        g_strdup_printf("memory-backend-file,id=m,size=16K,share=on,mem-path=%s", dir);
    HostMemoryBackend *b = backend_new(rw, &error_abort);
    g_autofree char *big = g_strconcat(rw, ",size=32K", NULL);
    g_autofree char *small = g_strconcat(rw, ",size=8K", NULL);
    struct stat st;

    strcpy(memory_region_get_ram_ptr(host_memory_backend_get_memory(b)), "kept");
    backend_del();
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpuint(st.st_size, ==, 16384);
    b = backend_new(ro, &error_abort);
    g_assert_cmpstr(memory_region_get_ram_ptr(host_memory_backend_get_memory(b)), ==, "kept");
    g_assert_true(memory_region_is_rom(host_memory_backend_get_memory(b)));
    backend_del();
    /* What is longer is used in part; what is shorter and not empty is left as it is. */
    backend_new(small, &error_abort);
    backend_del();
    assert_refused(big, "backing store size 0x4000 does not match 'size' option 0x8000");
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpuint(st.st_size, ==, 16384);
    g_assert_cmpint(truncate(path, 0), ==, 0);
    backend_new(big, &error_abort);
    backend_del();
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpuint(st.st_size, ==, 32768);
    g_unlink(path);
    backend_new(tmp, &error_abort);
    backend_del();
    /* Nothing is left in the folder. */
    g_assert_cmpint(g_rmdir(dir), ==, 0);
}

static void *report_affinity(void *opaque)
{
    g_assert_cmpint(sched_getaffinity(0, sizeof(cpu_set_t), opaque), ==, 0);
    return NULL;
}

/* Threads are where the one that makes them is, wherever that was put. */
static void test_thread_context(void)
{
    cpu_set_t allowed, seen;
    QemuThread thread;
    ThreadContext *tc;
    int last = 0;

    g_assert_cmpint(sched_getaffinity(0, sizeof(allowed), &allowed), ==, 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        last = CPU_ISSET(cpu, &allowed) ? cpu : last;
    }
    g_autofree char *options = g_strdup_printf("thread-context,id=tc,cpu-affinity=%d", last);
    bool helped = false;
    g_assert_true(user_creatable_add_from_str(options, &helped, &error_abort));
    tc = THREAD_CONTEXT(object_resolve_path("/objects/tc", NULL));

    thread_context_create_thread(tc, &thread, "test", report_affinity, &seen, QEMU_THREAD_JOINABLE);
    qemu_thread_join(&thread);
    g_assert_cmpint(CPU_COUNT(&seen), ==, 1);
    g_assert_true(CPU_ISSET(last, &seen));

    /* Somebody else moves it. */
    g_assert_cmpint(
        sched_setaffinity(object_property_get_uint(OBJECT(tc), "thread-id", &error_abort),
                          sizeof(allowed), &allowed),
        ==, 0);
    thread_context_create_thread(tc, &thread, "test", report_affinity, &seen, QEMU_THREAD_JOINABLE);
    qemu_thread_join(&thread);
    g_assert_true(CPU_EQUAL(&seen, &allowed));

    HostMemoryBackend *b = backend_new(
        "memory-backend-ram,id=m,size=4M,prealloc=on,prealloc-context=tc", &error_abort);
    g_assert_true(b->prealloc_context == tc);
    backend_del();
    g_assert_true(user_creatable_del("tc", &error_abort));

    assert_refused("thread-context,id=tc,cpu-affinity=0,node-affinity=0", "exclude each other");
    assert_refused("thread-context,id=tc,cpu-affinity=1023", "cannot be bound");
    assert_refused("thread-context,id=tc,cpu-affinity=1024", "CPU 1024");
    assert_refused("thread-context,id=tc,node-affinity=999", "node 999");
    assert_refused("memory-backend-ram,id=m,size=4M,prealloc-context=nope", "nope");
}

static void test_refused(void)
{
    assert_refused("memory-backend-ram,id=m", "with size 0; set property 'size'");
    assert_refused("memory-backend-ram,id=m,size=0", "must be more than 0");
    assert_refused("memory-backend-ram,id=m,size=1048576G",
                   "cannot set up guest memory 'm' of 1 PiB: ");
    assert_refused("memory-backend-ram,id=m,size=1M,policy=bind", "host-nodes must be set");
    assert_refused("memory-backend-ram,id=m,size=1M,policy=scatter", "scatter");
    assert_refused("memory-backend-ram,id=m,size=1M,host-nodes.0=0",
                   "host-nodes must be empty for policy=default");
    assert_refused("memory-backend-ram,id=m,size=1M,host-nodes.0=500,policy=bind",
                   "host node 500 is out of range");
    assert_refused("memory-backend-memfd,id=m,size=1M,hugetlb=on,hugetlbsize=3M", "power of two");
    assert_refused("memory-backend-shm,id=m,size=1M,share=off", "share=off is not possible");
    assert_refused("memory-backend-file,id=m,size=1M", "'mem-path' of memory-backend-file");
    assert_refused("memory-backend-file,id=m,size=1M,mem-path=/nonexistent/x",
                   "cannot open backing store '/nonexistent/x'");
    assert_refused("memory-backend-file,id=m,size=1M,mem-path=/tmp,rom=on", "needs readonly=on");
}

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    g_test_add_func("/hostmem/ram", test_ram);
    g_test_add_func("/hostmem/memfd", test_memfd);
    g_test_add_func("/hostmem/file", test_file);
    g_test_add_func("/hostmem/thread-context", test_thread_context);
    g_test_add_func("/hostmem/refused", test_refused);
    return g_test_run();
}
