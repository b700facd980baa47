/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -object pr-manager-helper: persistent reservations by a process behind a UNIX socket, such as
 * qemu-pr-helper. Numbers are big endian:
 *
 *   connection  server: features (32 bits); client: those that it uses. There are none.
 *   request     16 bytes of command, with the device's descriptor beside them (SCM_RIGHTS);
 *               for PERSISTENT RESERVE OUT the parameter list follows
 *   answer      status (32 bits), size of the data (32 bits), 96 bytes of sense; for PERSISTENT
 *               RESERVE IN the data follow
 */
#include "qemu/osdep.h"
#include <scsi/sg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "block/pr-manager.h"
#include "qapi/qapi-events-block.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "qom/object_interfaces.h"

#define SENSE_SIZE             96
#define ANSWER_SIZE            (8 + SENSE_SIZE)
#define DATA_MAX               8192

#define GOOD                   0
#define CHECK_COND             2
#define DRIVER_SENSE           8

#define TYPE_PR_MANAGER_HELPER "pr-manager-helper"
OBJECT_DECLARE_SIMPLE_TYPE(PRManagerHelper, PR_MANAGER_HELPER)

struct PRManagerHelper {
    PRManager parent_obj;

    /* configuration */
    char *path;

    /* state */
    char *id;
    QemuMutex lock; /* a request at a time; guards fd */
    int fd;         /* -1: not connected */
};

/* ---- the socket; lock held ---- */

static bool send_all(int fd, const void *data, size_t size)
{
    const char *p = data;

    while (size) {
        ssize_t n = send(fd, p, size, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        p += n;
        size -= n;
    }
    return true;
}

static bool receive_all(int fd, void *data, size_t size)
{
    char *p = data;

    while (size) {
        ssize_t n = recv(fd, p, size, 0);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        p += n;
        size -= n;
    }
    return true;
}

/* The command, and @passed beside it. */
static bool send_command(int fd, const uint8_t *cdb, int passed)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {};
    struct iovec iov = {(void *)cdb, PR_CDB_SIZE};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    ssize_t n;

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &passed, sizeof(int));
    do {
        n = sendmsg(fd, &msg, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n > 0 && send_all(fd, cdb + n, PR_CDB_SIZE - n);
}

/* ---- news for QMP, in the main loop ---- */

typedef struct News {
    char *id;
    bool connected;
} News;

static void tell(void *opaque)
{
    News *news = opaque;

    qapi_event_send_pr_manager_status_changed(news->id, news->connected);
    g_free(news->id);
    g_free(news);
}

static void set_fd(PRManagerHelper *s, int fd)
{
    News *news = g_new0(News, 1);

    qatomic_set(&s->fd, fd);
    news->id = g_strdup(s->id);
    news->connected = fd >= 0;
    aio_bh_schedule_oneshot(qemu_get_aio_context(), tell, news);
}

static void disconnect(PRManagerHelper *s)
{
    close(s->fd);
    set_fd(s, -1);
}

static bool connect_helper(PRManagerHelper *s, Error **errp)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    uint32_t features;
    int fd;

    if (strlen(s->path) >= sizeof(addr.sun_path)) {
        error_setg(errp, "path='%s' is longer than the %zu bytes that a socket's can have", s->path,
                   sizeof(addr.sun_path) - 1);
        return false;
    }
    strcpy(addr.sun_path, s->path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        error_setg_errno(errp, errno, "path='%s': cannot connect to the helper", s->path);
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    if (!receive_all(fd, &features, sizeof(features)) ||
        !send_all(fd, &(uint32_t){0}, sizeof(uint32_t))) {
        error_setg(errp, "path='%s': the helper ends the connection at once", s->path);
        close(fd);
        return false;
    }
    set_fd(s, fd);
    return true;
}

/* ---- commands ---- */

static void set_result(sg_io_hdr_t *io, uint32_t status, const uint8_t *sense)
{
    io->status = status;
    io->host_status = 0;
    io->driver_status = status == CHECK_COND ? DRIVER_SENSE : 0;
    io->sb_len_wr = status == CHECK_COND ? MIN(io->mx_sb_len, SENSE_SIZE) : 0;
    memcpy(io->sbp, sense, io->sb_len_wr);
}

/* The data of an answer go to one buffer or several. */
static void scatter(sg_io_hdr_t *io, const uint8_t *data, size_t size)
{
    struct iovec one = {io->dxferp, io->dxfer_len}, *v = io->iovec_count ? io->dxferp : &one;
    size_t n = io->iovec_count ? io->iovec_count : 1;

    for (size_t i = 0; i < n && size; i++) {
        size_t part = MIN(v[i].iov_len, size);

        memcpy(v[i].iov_base, data, part);
        data += part;
        size -= part;
    }
}

static bool send_parameters(int fd, const sg_io_hdr_t *io)
{
    struct iovec one = {io->dxferp, io->dxfer_len};
    const struct iovec *v = io->iovec_count ? io->dxferp : &one;
    size_t n = io->iovec_count ? io->iovec_count : 1, left = io->dxfer_len;

    for (size_t i = 0; i < n && left; i++) {
        size_t part = MIN(v[i].iov_len, left);

        if (!send_all(fd, v[i].iov_base, part)) {
            return false;
        }
        left -= part;
    }
    return true;
}

static bool receive_answer(PRManagerHelper *s, sg_io_hdr_t *io)
{
    uint8_t answer[ANSWER_SIZE], data[DATA_MAX];
    uint32_t status, size;

    if (!receive_all(s->fd, answer, sizeof(answer))) {
        return false;
    }
    status = ldl_be_p(answer);
    size = ldl_be_p(answer + 4);
    if (size > DATA_MAX || status > 0xff || (size && io->cmdp[0] != PR_IN) ||
        !receive_all(s->fd, data, size)) {
        return false;
    }
    set_result(io, status, answer + 8);
    if (io->cmdp[0] == PR_IN) {
        size = MIN(size, io->dxfer_len);
        scatter(io, data, size);
        io->resid = io->dxfer_len - size;
    } else {
        io->resid = 0;
    }
    return true;
}

static bool transact(PRManagerHelper *s, int fd, sg_io_hdr_t *io)
{
    uint8_t cdb[PR_CDB_SIZE] = {};

    memcpy(cdb, io->cmdp, MIN(io->cmd_len, PR_CDB_SIZE));
    return send_command(s->fd, cdb, fd) && (cdb[0] != PR_OUT || send_parameters(s->fd, io)) &&
           receive_answer(s, io);
}

/* The length in the command is what the helper goes by: it must be what there is. */
static bool lengths_agree(const sg_io_hdr_t *io)
{
    return io->cmdp[0] == PR_OUT ? ldl_be_p(io->cmdp + 5) == io->dxfer_len
                                 : lduw_be_p(io->cmdp + 7) <= DATA_MAX;
}

static int helper_run(PRManager *pr, int fd, struct sg_io_hdr *io)
{
    PRManagerHelper *s = PR_MANAGER_HELPER(pr);
    bool was_connected;

    if (!lengths_agree(io)) {
        return -EINVAL;
    }
    QEMU_LOCK_GUARD(&s->lock);
    was_connected = s->fd >= 0;
    for (int attempt = 0; attempt < (was_connected ? 2 : 1); attempt++) {
        Error *err = NULL;

        if (s->fd < 0 && !connect_helper(s, &err)) {
            warn_report_err(err);
            return -ENOTCONN;
        }
        if (transact(s, fd, io)) {
            return 0;
        }
        /* It may have been started anew since the last command. */
        disconnect(s);
    }
    return -EIO;
}

static bool helper_is_connected(PRManager *pr)
{
    return qatomic_read(&PR_MANAGER_HELPER(pr)->fd) >= 0;
}

/* ---- life ---- */

static void helper_complete(UserCreatable *uc, Error **errp)
{
    PRManagerHelper *s = PR_MANAGER_HELPER(uc);

    if (!s->path) {
        error_setg(errp, "property 'path' is missing: the helper's socket");
        return;
    }
    s->id = g_strdup(object_get_canonical_path_component(OBJECT(s)));
    QEMU_LOCK_GUARD(&s->lock);
    connect_helper(s, errp);
}

static char *get_path(Object *obj, Error **errp)
{
    return g_strdup(PR_MANAGER_HELPER(obj)->path);
}

static void set_path(Object *obj, const char *value, Error **errp)
{
    PRManagerHelper *s = PR_MANAGER_HELPER(obj);

    /* A reconnection goes to where the first one went. */
    if (s->path) {
        error_setg(errp, "property 'path' cannot be changed once it is set");
        return;
    }
    s->path = g_strdup(value);
}

static void helper_init(Object *obj)
{
    PRManagerHelper *s = PR_MANAGER_HELPER(obj);

    qemu_mutex_init(&s->lock);
    s->fd = -1;
}

static void helper_finalize(Object *obj)
{
    PRManagerHelper *s = PR_MANAGER_HELPER(obj);

    if (s->fd >= 0) {
        close(s->fd);
    }
    g_free(s->path);
    g_free(s->id);
    qemu_mutex_destroy(&s->lock);
}

static void helper_class_init(ObjectClass *oc, const void *data)
{
    PRManagerClass *k = PR_MANAGER_CLASS(oc);

    k->run = helper_run;
    k->is_connected = helper_is_connected;
    USER_CREATABLE_CLASS(oc)->complete = helper_complete;
    object_class_property_add_str(oc, "path", get_path, set_path);
    object_class_property_set_description(oc, "path", "Socket of the helper");
}

static const TypeInfo helper_types[] = {
    {
        .name = TYPE_PR_MANAGER_HELPER,
        .parent = TYPE_PR_MANAGER,
        .instance_size = sizeof(PRManagerHelper),
        .instance_init = helper_init,
        .instance_finalize = helper_finalize,
        .class_init = helper_class_init,
    },
};

DEFINE_TYPES(helper_types)
