/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines: topology, memory and boot options, NUMA, look-up by name. */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/numa.h"
#include "qemu/module.h"
#include "qobject/keyval.h"
#include "qobject/qjson.h"

#define MAX_CPUS 16

/* Places: two sockets, whatever the topology. */
static CpuInstanceProperties test_index_to_props(MachineState *ms, unsigned i)
{
    return machine_possible_cpus(ms)->cpus[i].props;
}

static const CPUArchIdList *test_possible_cpus(MachineState *ms)
{
    if (!ms->possible_cpus) {
        int n = ms->smp.max_cpus;

        ms->possible_cpus = g_malloc0(sizeof(CPUArchIdList) + n * sizeof(CPUArchId));
        ms->possible_cpus->len = n;
        for (int i = 0; i < n; i++) {
            CpuInstanceProperties *p = &ms->possible_cpus->cpus[i].props;

            p->has_socket_id = true;
            p->socket_id = i % 2;
            p->has_core_id = true;
            p->core_id = i / 2;
        }
    }
    return ms->possible_cpus;
}

static int64_t test_default_node(const MachineState *ms, int idx)
{
    return idx % ms->numa_state->num_nodes;
}

static void test_machine_init(MachineClass *mc)
{
    mc->alias = "tm";
    mc->is_default = true;
    mc->max_cpus = MAX_CPUS;
    mc->default_ram_size = 64 << 20;
    mc->smp_props.dies_supported = true;
    mc->smp_props.cache_supported[CACHE_LEVEL_AND_TYPE_L1D] = true;
    mc->smp_props.cache_supported[CACHE_LEVEL_AND_TYPE_L2] = true;
    mc->numa_mem_supported = true;
    mc->possible_cpu_arch_ids = test_possible_cpus;
    mc->cpu_index_to_instance_props = test_index_to_props;
    mc->get_default_cpu_node_id = test_default_node;
}
DEFINE_MACHINE("testboard", test_machine_init)

static void old_machine_init(MachineClass *mc)
{
    mc->max_cpus = MAX_CPUS;
    mc->smp_props.prefer_sockets = true;
}
DEFINE_MACHINE("oldboard", old_machine_init)

static void assert_error(Error **err, const char *text)
{
    g_assert_nonnull(*err);
    if (!strstr(error_get_pretty(*err), text)) {
        g_error("expected '%s', got '%s'", text, error_get_pretty(*err));
    }
    g_clear_pointer(err, error_free);
}

static MachineState *new_machine(const char *name)
{
    return MACHINE(object_new_with_class(OBJECT_CLASS(machine_class_find(name, &error_abort))));
}

static bool set_options(MachineState *ms, const char *options, Error **errp)
{
    g_autoptr(QDict) d = keyval_parse(options, NULL, NULL, &error_abort);

    return object_set_properties_from_qdict(OBJECT(ms), d, true, errp);
}

static void assert_refused(const char *machine, const char *options, const char *why)
{
    MachineState *ms = new_machine(machine);
    Error *err = NULL;

    g_assert_false(set_options(ms, options, &err));
    assert_error(&err, why);
    object_unref(ms);
}

static void assert_topology(const char *machine, const char *options, const char *expected)
{
    MachineState *ms = new_machine(machine);
    g_autofree char *text = NULL;

    set_options(ms, options, &error_abort);
    text = g_strdup_printf("%u/%u s%u d%u c%u t%u", ms->smp.cpus, ms->smp.max_cpus, ms->smp.sockets,
                           ms->smp.dies, ms->smp.cores, ms->smp.threads);
    g_assert_cmpstr(text, ==, expected);
    object_unref(ms);
}

static void test_topology(void)
{
    assert_topology("tm", "", "1/1 s1 d1 c1 t1");
    assert_topology("tm", "smp.cpus=4", "4/4 s1 d1 c4 t1");
    assert_topology("oldboard", "smp.cpus=4", "4/4 s4 d1 c1 t1");
    assert_topology("tm", "smp.cpus=2,smp.maxcpus=8", "2/8 s1 d1 c8 t1");
    assert_topology("tm", "smp.sockets=2,smp.cores=3", "6/6 s2 d1 c3 t1");
    assert_topology("tm", "smp.cpus=8,smp.threads=2", "8/8 s1 d1 c4 t2");
    assert_topology("tm", "smp.cpus=8,smp.cores=2", "8/8 s4 d1 c2 t1");
    assert_topology("tm", "smp.cpus=8,smp.sockets=2,smp.cores=2", "8/8 s2 d1 c2 t2");
    assert_topology("tm", "smp.cpus=8,smp.dies=2,smp.threads=2", "8/8 s1 d2 c2 t2");
    assert_topology("tm", "smp.clusters=1,smp.modules=1,smp.threads=2", "2/2 s1 d1 c1 t2");
}

static void test_topology_errors(void)
{
    assert_refused("tm", "smp.cpus=0", "must be greater than zero, got cpus=0");
    assert_refused("tm", "smp.cores=-1", "must be greater than zero");
    assert_refused("tm", "smp.cores=9999999999", "cores=9999999999 is more than");
    assert_refused("tm", "smp.sockets=65536,smp.cores=65536,smp.threads=65536,smp.dies=65536",
                   "Invalid SMP CPUs 1099511627776. The max CPUs");
    assert_refused("tm", "smp.cpus=3,smp.sockets=2",
                   "product of the hierarchy must match maxcpus: sockets (2) * dies (1) * cores "
                   "(1) * threads (1) != maxcpus (3)");
    assert_refused("tm", "smp.cpus=4,smp.maxcpus=2", "== maxcpus (2) < smp_cpus (4)");
    assert_refused("tm", "smp.cpus=17",
                   "Invalid SMP CPUs 17. The max CPUs supported by machine 'testboard' is 16");
    assert_refused("tm", "smp.cpus=2,smp.clusters=2", "clusters > 1 not supported");
    assert_refused("tm", "smp.cpsu=2", "Parameter 'smp.cpsu' is unexpected");
    assert_refused("tm", "smp.cpus=two", "'smp.cpus' expects an integer, got 'two'");
}

static void test_memory(void)
{
    MachineState *ms = new_machine("tm");

    g_assert_cmpint(ms->ram_size, ==, 64 << 20);
    set_options(ms, "memory.size=1G,memory.max-size=4G,memory.slots=2", &error_abort);
    g_assert_cmpint(ms->ram_size, ==, 1 << 30);
    g_assert_cmpint(ms->maxram_size, ==, 4ULL << 30);
    g_assert_cmpint(ms->ram_slots, ==, 2);
    set_options(ms, "memory.size=0", &error_abort);
    g_assert_cmpint(ms->ram_size, ==, 64 << 20);
    set_options(ms, "memory.size=10000", &error_abort);
    g_assert_cmpint(ms->ram_size, ==, 16384);
    object_unref(ms);

    assert_refused("tm", "memory.size=1G,memory.slots=1", "slots specified but no max-size");
    assert_refused("tm", "memory.size=1G,memory.max-size=512M", "must be at least the initial");
    assert_refused("tm", "memory.size=1G,memory.max-size=1G,memory.slots=1", "is equal to");
    assert_refused("tm", "memory.size=18446744073709551615", "ram size too large");
    assert_refused("tm", "memory.size=lots", "'memory.size' expects a size");
}

static void test_boot(void)
{
    MachineState *ms = new_machine("tm");
    g_autoptr(QObject) obj = NULL;
    g_autoptr(GString) text = NULL;

    set_options(ms, "boot.order=cda,boot.menu=on,boot.splash-time=500", &error_abort);
    obj = object_property_get_qobject(OBJECT(ms), "boot", &error_abort);
    text = qobject_to_json(obj);
    g_assert_cmpstr(text->str, ==, "{\"order\": \"cda\", \"menu\": true, \"splash-time\": 500}");
    object_unref(ms);

    assert_refused("tm", "boot.order=q", "Invalid boot device 'q'");
    assert_refused("tm", "boot.once=cc", "Boot device 'c' was given twice");
    assert_refused("tm", "boot.reboot-timeout=65536", "'boot.reboot-timeout' expects -1 to 65535");
    assert_refused("tm", "boot.foo=1", "Parameter 'boot.foo' is unexpected");
}

static void test_caches(void)
{
    MachineState *ms = new_machine("tm");

    set_options(ms,
                "smp-cache.caches.0.cache=l2,smp-cache.caches.0.topology=die,"
                "smp-cache.caches.1.cache=l1d,smp-cache.caches.1.topology=core",
                &error_abort);
    g_assert_cmpint(machine_get_cache_topo_level(ms, CACHE_LEVEL_AND_TYPE_L2), ==,
                    CPU_TOPOLOGY_LEVEL_DIE);
    g_assert_cmpint(machine_get_cache_topo_level(ms, CACHE_LEVEL_AND_TYPE_L3), ==,
                    CPU_TOPOLOGY_LEVEL_DEFAULT);
    object_unref(ms);

    assert_refused("tm", "smp-cache.caches.0.cache=l3,smp-cache.caches.0.topology=die",
                   "l3 cache topology not supported");
    assert_refused("tm", "smp-cache.caches.0.cache=l2,smp-cache.caches.0.topology=cluster",
                   "no such level");
    assert_refused("tm",
                   "smp-cache.caches.0.cache=l2,smp-cache.caches.0.topology=core,"
                   "smp-cache.caches.1.cache=l1d,smp-cache.caches.1.topology=die",
                   "shouldn't be higher than l2");
}

static void test_simple_properties(void)
{
    static const char *const strings[] = {"kernel", "initrd",  "append",   "shim",
                                          "dtb",    "dumpdtb", "firmware", "dt-compatible"};
    MachineState *ms = new_machine("tm");
    Error *err = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(strings); i++) {
        g_autofree char *value = NULL;

        object_property_set_str(OBJECT(ms), strings[i], strings[i], &error_abort);
        value = object_property_get_str(OBJECT(ms), strings[i], &error_abort);
        g_assert_cmpstr(value, ==, strings[i]);
    }
    g_assert_cmpstr(ms->kernel_filename, ==, "kernel");
    g_assert_true(object_property_get_bool(OBJECT(ms), "dump-guest-core", &error_abort));
    set_options(ms, "mem-merge=off,usb=off,phandle-start=5", &error_abort);
    g_assert_false(machine_mem_merge(ms));
    g_assert_true(ms->usb_disabled);
    g_assert_false(set_options(ms, "memory-backend=nobody", &err));
    assert_error(&err, "'nobody' not found");
    g_assert_false(set_options(ms, "phandle-start=0", &err));
    assert_error(&err, "expects 1 or more");
    object_unref(ms);
}

static void test_lookup(void)
{
    MachineClass *mc = machine_class_find("tm", &error_abort);
    Error *err = NULL;

    g_assert_cmpstr(mc->name, ==, "testboard");
    g_assert_true(machine_class_default() == mc);
    g_assert_null(machine_class_find("testbord", &err));
    g_assert_nonnull(strstr(error_get_hint(err), "did you mean 'testboard'?"));
    assert_error(&err, "unsupported machine type: \"testbord\"");
    g_assert_null(machine_class_find("machine", &err));
    error_free(err);
}

/* ---- NUMA --------------------------------------------------------------- */

/* Options separated by spaces; NULL: all is well. */
static MachineState *numa_machine(const char *machine, const char *options, const char *why)
{
    MachineState *ms = new_machine(machine);
    g_auto(GStrv) words = g_strsplit(options, " ", 0);
    Error *err = NULL;
    bool ok = true;

    if (ms->numa_state) {
        set_options(ms, "smp.cpus=8,memory.size=64M", &error_abort);
    }
    for (char **w = words; ok && *w; w++) {
        ok = numa_add_option(ms, *w, &err);
    }
    ok = ok && numa_complete_configuration(ms, &err);
    if (why) {
        g_assert_false(ok);
        assert_error(&err, why);
        object_unref(ms);
        return NULL;
    }
    error_propagate(&error_abort, err);
    return ms;
}

static char *nodes_of_cpus(MachineState *ms)
{
    GString *s = g_string_new(NULL);
    const CPUArchIdList *list = machine_possible_cpus(ms);

    for (int i = 0; i < list->len; i++) {
        g_string_append_printf(s, "%" PRId64, list->cpus[i].props.node_id);
    }
    object_unref(ms);
    return g_string_free(s, FALSE);
}

static void test_numa(void)
{
    g_autofree char *a = nodes_of_cpus(numa_machine(
        "tm", "node,mem=32M,cpus=0-2,cpus=5 node,nodeid=1,mem=32M,cpus=3-4,cpus=6", NULL));
    g_autofree char *b = nodes_of_cpus(numa_machine("tm", "node,mem=64M node", NULL));
    g_autofree char *c = nodes_of_cpus(numa_machine(
        "tm", "node,mem=64M node cpu,node-id=1,socket-id=0 cpu,node-id=0,socket-id=1", NULL));
    g_autofree char *d = nodes_of_cpus(numa_machine(
        "tm", "{\"type\":\"node\",\"mem\":67108864,\"cpus\":[0,1,2,3,4,5,6,7]}", NULL));
    MachineState *ms;

    g_assert_cmpstr(a, ==, "00011010"); /* 7 was forgotten */
    g_assert_cmpstr(b, ==, "01010101");
    g_assert_cmpstr(c, ==, "10101010");
    g_assert_cmpstr(d, ==, "00000000");

    ms = numa_machine("tm",
                      "node,mem=64M node node dist,src=0,dst=1,val=21 "
                      "dist,src=0,dst=2,val=31 dist,src=2,dst=1,val=41",
                      NULL);
    g_assert_cmpint(ms->numa_state->nodes[1].distance[0], ==, 21);
    g_assert_cmpint(ms->numa_state->nodes[1].distance[2], ==, 41);
    g_assert_cmpint(ms->numa_state->nodes[2].distance[2], ==, 10);
    object_unref(ms);
}

static void test_numa_errors(void)
{
    numa_machine("oldboard", "node", "NUMA is not supported by this machine-type");
    numa_machine("tm", "nod", "'type' does not accept value 'nod', expected one of: node");
    numa_machine("tm", "node", "total memory for NUMA nodes (0x0) should equal RAM size");
    numa_machine("tm", "node,mem=32M", "should equal RAM size (0x4000000)");
    numa_machine("tm", "node,foo=1", "Parameter 'foo' is unexpected");
    numa_machine("tm", "node,nodeid=128", "Max number of NUMA nodes reached: 128");
    numa_machine("tm", "node,nodeid=1 node,nodeid=1", "Duplicate NUMA nodeid: 1");
    numa_machine("tm", "node,nodeid=1,mem=64M", "Node ID missing: 0");
    numa_machine("tm", "node,cpus=8", "CPU index (8) should be smaller than maxcpus (8)");
    numa_machine("tm", "node,cpus=0-99999999", "'cpus' expects a list of integers");
    numa_machine("tm", "node,cpus=", "total memory");
    numa_machine("tm", "node,cpus=1 node,cpus=1", "CPU 1 is already assigned to node-id: 0");
    numa_machine("tm", "node,mem=1M,memdev=m", "cannot specify both");
    numa_machine("tm", "node,memdev=m", "memdev=m doesn't exist");
    numa_machine("tm", "node,initiator=0", "hmat=on");
    numa_machine("tm", "dist,src=0,dst=1,val=20", "NUMA node is missing");
    numa_machine("tm", "dist,src=200,dst=1,val=20", "'src' expects an integer between 0 and 127");
    numa_machine("tm", "node node dist,src=0,dst=1,val=5", "shouldn't be less than 10");
    numa_machine("tm", "node node dist,src=0,dst=0,val=11", "Local distance of node 0");
    numa_machine("tm", "node,mem=64M node node dist,src=0,dst=1,val=20",
                 "distance between node 0 and 2 is missing");
    numa_machine("tm",
                 "node,mem=64M node node dist,src=0,dst=1,val=20 dist,src=1,dst=0,val=30 "
                 "dist,src=0,dst=2,val=20 dist,src=1,dst=2,val=20",
                 "asymmetrical");
    numa_machine("tm", "cpu,node-id=0,socket-id=0", "Invalid node-id=0");
    numa_machine("tm", "node cpu,socket-id=0", "Missing mandatory node-id");
    numa_machine("tm", "node cpu,node-id=0,die-id=0", "die-id is not supported");
    numa_machine("tm", "node cpu,node-id=0,socket-id=7", "no match found");
    numa_machine("tm", "node,mem=64M cpu,node-id=0,cpus=1", "Parameter 'cpus' is unexpected");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/machine/topology/good", test_topology);
    g_test_add_func("/machine/topology/errors", test_topology_errors);
    g_test_add_func("/machine/memory", test_memory);
    g_test_add_func("/machine/boot", test_boot);
    g_test_add_func("/machine/caches", test_caches);
    g_test_add_func("/machine/simple-properties", test_simple_properties);
    g_test_add_func("/machine/look-up", test_lookup);
    g_test_add_func("/machine/numa/good", test_numa);
    g_test_add_func("/machine/numa/errors", test_numa_errors);
    return g_test_run();
}
