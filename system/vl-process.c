/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process: signals, going to the background, PID file, identity, confinement. */

#include "qemu/osdep.h"
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "chardev/char-stdio.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/thread.h"
#include "system/runstate.h"
#include "system/system.h"
#include "vl-internal.h"

static int daemon_pipe = -1;
static char *pidfile_path;
static pid_t parent_pid; /* at start-up */
static pid_t pidfile_owner;

static void on_termination(int signal, siginfo_t *info, void *context)
{
    int saved = errno; /* of what we interrupt */

    qemu_system_killed(signal, info->si_pid);
    errno = saved;
}

void vl_setup_signals(void)
{
    static const int signals[] = {SIGINT, SIGHUP, SIGTERM};
    struct sigaction act = {.sa_sigaction = on_termination, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        sigaction(signals[i], &act, NULL);
    }
    /* A client that closed its end is an error of a write, no reason to die. */
    signal(SIGPIPE, SIG_IGN);
}

/* ---- background ---- */

/* The parent waits until the child says that it is ready, or goes away. */
static G_NORETURN void wait_for_child(int fd)
{
    uint8_t status = 1;

    if (RETRY_ON_EINTR(read(fd, &status, 1)) != 1) {
        status = 1; /* it printed why */
    }
    _exit(status);
}

void vl_daemonize(void)
{
    int fds[2];
    pid_t pid;

    if (pipe(fds) < 0) {
        error_report("-daemonize: %s", strerror(errno));
        exit(1);
    }
    pid = fork();
    if (pid < 0) {
        error_report("-daemonize: %s", strerror(errno));
        exit(1);
    }
    if (pid > 0) {
        close(fds[1]);
        wait_for_child(fds[0]);
    }
    close(fds[0]);
    qemu_chr_stdio_forbid("-daemonize");
    daemon_pipe = fds[1];
    qemu_set_cloexec(daemon_pipe);
    setsid();
    /* A second time: a session leader could get a controlling terminal. */
    pid = fork();
    if (pid != 0) {
        _exit(pid < 0);
    }
    umask(027);
    signal(SIGTSTP, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
}

void vl_daemonize_done(void)
{
    uint8_t status = 0;
    int null;

    if (daemon_pipe < 0) {
        return;
    }
    null = qemu_open("/dev/null", O_RDWR, &error_fatal);
    if (chdir("/") < 0) {
        error_report("cannot change to the root folder: %s", strerror(errno));
        exit(1);
    }
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (!qemu_log_enabled() || qemu_log_separate()) {
        dup2(null, STDERR_FILENO);
    }
    close(null);
    if (RETRY_ON_EINTR(write(daemon_pipe, &status, 1)) != 1) {
        exit(1); /* the parent is gone, and nobody waits for us */
    }
    close(daemon_pipe);
    daemon_pipe = -1;
}

/* ---- identity ---- */

/* At any exit, for start-up can fail after the file was written. A forked child leaves it. */
static void remove_pidfile(void)
{
    if (getpid() == pidfile_owner) {
        unlink(pidfile_path);
    }
}

static void lock_memory(MemLock how)
{
    int flags = MCL_CURRENT | MCL_FUTURE | (how == MEM_LOCK_ON_FAULT ? MCL_ONFAULT : 0);

    if (how != MEM_LOCK_OFF && mlockall(flags) < 0) {
        error_report("-overcommit mem-lock=%s: %s (RLIMIT_MEMLOCK, \"ulimit -l\", allows less)",
                     how == MEM_LOCK_ON ? "on" : "on-fault", strerror(errno));
        exit(1);
    }
}

void vl_setup_process(const VMConfig *config)
{
    Location loc;

    parent_pid = getppid();
    if (config->process_name) {
        prctl(PR_SET_NAME, config->process_name);
    }
    /* The default has names on; they help whoever looks at the process. */
    if (config->debug_threads) {
        qemu_thread_naming(true);
    }
    if (config->pidfile) {
        vl_push_option(config, QEMU_OPTION_pidfile, &loc);
        qemu_write_pidfile(config->pidfile, &error_fatal);
        loc_pop(&loc);
        pidfile_path = realpath(config->pidfile, NULL);
        pidfile_owner = getpid();
        if (pidfile_path) {
            atexit(remove_pidfile);
        }
    }
    lock_memory(config->mem_lock);
}

/* NAME, or UID:GID. */
static bool parse_user(const char *text, uid_t *uid, gid_t *gid, const char **name)
{
    struct passwd *pw = getpwnam(text);
    unsigned u, g;
    const char *end;

    if (pw) {
        *uid = pw->pw_uid;
        *gid = pw->pw_gid;
        *name = pw->pw_name;
        return true;
    }
    *name = NULL;
    if (qemu_strtoui(text, &end, 10, &u) || *end != ':' || qemu_strtoui(end + 1, NULL, 10, &g)) {
        return false;
    }
    *uid = u;
    *gid = g;
    return true;
}

/* For good: chroot first, as it takes a privilege that the change of user gives up. */
static void confine_identity(const VMConfig *config)
{
    uid_t uid = 0;
    gid_t gid = 0;
    const char *name = NULL;

    if (config->run_user && !parse_user(config->run_user, &uid, &gid, &name)) {
        error_report("-run-with user=%s: neither a user's name nor UID:GID", config->run_user);
        exit(1);
    }
    if (config->run_chroot && (chroot(config->run_chroot) < 0 || chdir("/") < 0)) {
        error_report("-run-with chroot=%s: %s", config->run_chroot, strerror(errno));
        exit(1);
    }
    if (config->run_user) {
        if ((name ? initgroups(name, gid) : setgroups(1, &gid)) < 0 || setgid(gid) < 0 ||
            setuid(uid) < 0) {
            error_report("-run-with user=%s: %s", config->run_user, strerror(errno));
            exit(1);
        }
        /* There must be no way back. */
        if (uid != 0 && setuid(0) != -1) {
            error_report("-run-with user=%s: dropping privileges failed", config->run_user);
            exit(1);
        }
    }
}

void vl_confine_process(const VMConfig *config)
{
    Error *err = NULL;

    confine_identity(config);
    /* After the change of user, which clears it (prctl(2)). */
    if (config->exit_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent_pid) {
            error_report("-run-with exit-with-parent=on: the parent is gone");
            exit(1);
        }
    }
    if (config->async_teardown && !vl_start_async_teardown(&err)) {
        error_reportf_err(err, "-run-with async-teardown=on: ");
        exit(1);
    }
#ifdef CONFIG_SECCOMP
    if (config->sandbox.enable && !sandbox_enter(&config->sandbox, &err)) {
        error_reportf_err(err, "-sandbox: ");
        exit(1);
    }
#endif
}
