/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -sandbox: a seccomp(2) filter that takes from the running machine the system
 * calls that it has no use for. What none of our code ever calls ends the process,
 * as only an attacker could have made it; what a user may ask for by a command
 * (a migration to exec:, a thread's affinity) fails with EPERM and is reported there.
 */
#include "qemu/osdep.h"
#include <sched.h>
#include <seccomp.h>
#include "sandbox.h"

typedef enum CallGroup {
    GROUP_ALWAYS, /* administration of the host, other processes' memory */
    GROUP_OBSOLETE,
    GROUP_ELEVATE,
    GROUP_SPAWN,
    GROUP_RESOURCE,
} CallGroup;

typedef struct DeniedCall {
    const char *name;
    CallGroup group;
} DeniedCall;

/* Names that this architecture, or this libseccomp, does not know are passed over. */
static const DeniedCall denied_calls[] = {
    {"acct", GROUP_ALWAYS},
    {"add_key", GROUP_ALWAYS},
    {"adjtimex", GROUP_ALWAYS},
    {"bpf", GROUP_ALWAYS},
    {"chroot", GROUP_ALWAYS},
    {"clock_adjtime", GROUP_ALWAYS},
    {"clock_settime", GROUP_ALWAYS},
    {"delete_module", GROUP_ALWAYS},
    {"fanotify_init", GROUP_ALWAYS},
    {"finit_module", GROUP_ALWAYS},
    {"fsconfig", GROUP_ALWAYS},
    {"fsmount", GROUP_ALWAYS},
    {"fsopen", GROUP_ALWAYS},
    {"fspick", GROUP_ALWAYS},
    {"init_module", GROUP_ALWAYS},
    {"ioperm", GROUP_ALWAYS},
    {"iopl", GROUP_ALWAYS},
    {"kcmp", GROUP_ALWAYS},
    {"kexec_file_load", GROUP_ALWAYS},
    {"kexec_load", GROUP_ALWAYS},
    {"keyctl", GROUP_ALWAYS},
    {"lookup_dcookie", GROUP_ALWAYS},
    {"mount", GROUP_ALWAYS},
    {"mount_setattr", GROUP_ALWAYS},
    {"move_mount", GROUP_ALWAYS},
    {"open_tree", GROUP_ALWAYS},
    {"perf_event_open", GROUP_ALWAYS},
    {"pivot_root", GROUP_ALWAYS},
    {"process_vm_readv", GROUP_ALWAYS},
    {"process_vm_writev", GROUP_ALWAYS},
    {"ptrace", GROUP_ALWAYS},
    {"quotactl", GROUP_ALWAYS},
    {"quotactl_fd", GROUP_ALWAYS},
    {"reboot", GROUP_ALWAYS},
    {"request_key", GROUP_ALWAYS},
    {"setdomainname", GROUP_ALWAYS},
    {"sethostname", GROUP_ALWAYS},
    {"setns", GROUP_ALWAYS},
    {"settimeofday", GROUP_ALWAYS},
    {"swapoff", GROUP_ALWAYS},
    {"swapon", GROUP_ALWAYS},
    {"syslog", GROUP_ALWAYS},
    {"umount", GROUP_ALWAYS},
    {"umount2", GROUP_ALWAYS},
    {"unshare", GROUP_ALWAYS},
    {"vhangup", GROUP_ALWAYS},

    {"_sysctl", GROUP_OBSOLETE},
    {"afs_syscall", GROUP_OBSOLETE},
    {"bdflush", GROUP_OBSOLETE},
    {"create_module", GROUP_OBSOLETE},
    {"epoll_ctl_old", GROUP_OBSOLETE},
    {"epoll_wait_old", GROUP_OBSOLETE},
    {"get_kernel_syms", GROUP_OBSOLETE},
    {"getpmsg", GROUP_OBSOLETE},
    {"modify_ldt", GROUP_OBSOLETE},
    {"nfsservctl", GROUP_OBSOLETE},
    {"putpmsg", GROUP_OBSOLETE},
    {"query_module", GROUP_OBSOLETE},
    {"remap_file_pages", GROUP_OBSOLETE},
    {"security", GROUP_OBSOLETE},
    {"sysfs", GROUP_OBSOLETE},
    {"tuxcall", GROUP_OBSOLETE},
    {"uselib", GROUP_OBSOLETE},
    {"ustat", GROUP_OBSOLETE},
    {"vserver", GROUP_OBSOLETE},

    {"capset", GROUP_ELEVATE},
    {"setfsgid", GROUP_ELEVATE},
    {"setfsuid", GROUP_ELEVATE},
    {"setgid", GROUP_ELEVATE},
    {"setgroups", GROUP_ELEVATE},
    {"setregid", GROUP_ELEVATE},
    {"setresgid", GROUP_ELEVATE},
    {"setresuid", GROUP_ELEVATE},
    {"setreuid", GROUP_ELEVATE},
    {"setuid", GROUP_ELEVATE},

    {"execve", GROUP_SPAWN},
    {"execveat", GROUP_SPAWN},
    {"fork", GROUP_SPAWN},
    {"vfork", GROUP_SPAWN},

    {"ioprio_set", GROUP_RESOURCE},
    {"sched_setaffinity", GROUP_RESOURCE},
    {"sched_setattr", GROUP_RESOURCE},
    {"sched_setparam", GROUP_RESOURCE},
    {"sched_setscheduler", GROUP_RESOURCE},
    {"setpriority", GROUP_RESOURCE},
};

static uint32_t denial_of(CallGroup group)
{
    return group == GROUP_ALWAYS || group == GROUP_OBSOLETE ? SCMP_ACT_KILL_PROCESS
                                                            : SCMP_ACT_ERRNO(EPERM);
}

/*
 * New processes but no new threads: clone() is told apart by its flags. Those of
 * clone3() are in memory, where a filter cannot look; libc takes ENOSYS as the
 * answer of an older kernel and uses clone().
 */
static int deny_clone(scmp_filter_ctx ctx)
{
    const struct scmp_arg_cmp no_thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0);
    int ret = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, &no_thread);

    return ret ? ret : seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int add_rules(scmp_filter_ctx ctx, const SandboxConfig *config)
{
    const bool denied[] = {
        [GROUP_ALWAYS] = true,
        [GROUP_OBSOLETE] = !config->allow_obsolete,
        [GROUP_ELEVATE] = config->elevate == SANDBOX_ELEVATE_DENY,
        [GROUP_SPAWN] = config->deny_spawn,
        [GROUP_RESOURCE] = config->deny_resource_control,
    };
    int ret = config->deny_spawn ? deny_clone(ctx) : 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(denied_calls); i++) {
        const DeniedCall *call = &denied_calls[i];
        int number = seccomp_syscall_resolve_name(call->name);

        if (denied[call->group] && number != __NR_SCMP_ERROR) {
            ret = seccomp_rule_add(ctx, denial_of(call->group), number, 0);
        }
    }
    return ret;
}

bool sandbox_enter(const SandboxConfig *config, Error **errp)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int ret;

    if (!ctx) {
        error_setg(errp, "cannot make a seccomp filter");
        return false;
    }
    ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1); /* all threads, not only this one */
    ret = ret ? ret : add_rules(ctx, config);
    if (ret == 0 && config->elevate == SANDBOX_ELEVATE_ALLOW) {
        /* Set-user-ID programs go on to work as helpers, if we may install a filter at all. */
        ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
        ret = ret ? ret : seccomp_load(ctx);
        if (ret == -EACCES || ret == -EPERM) {
            ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 1);
            ret = ret ? ret : seccomp_load(ctx);
        }
    } else if (ret == 0) {
        ret = seccomp_load(ctx);
    }
    seccomp_release(ctx);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "cannot install the seccomp filter");
    }
    return ret == 0;
}
