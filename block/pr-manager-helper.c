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
#include "block/pr-manager.h"
#include "qapi/qapi-events-block.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/sockets.h"
#include "qemu/thread.h"
#include "qom/object_interfaces.h"

#define SENSE_SIZE             96
#define ANSWER_SIZE            (8 + SENSE_SIZE)
#define DATA_MAX               8192

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
    struct iovec iov = {(void *)data, size};

    return iov_send(fd, &iov, 1, 0, size) == (ssize_t)size;
}

static bool receive_all(int fd, void *data, size_t size)
{
    struct iovec iov = {data, size};

    return iov_recv(fd, &iov, 1, 0, size) == (ssize_t)size;
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
    const SocketSpec spec = {.kind = SOCKET_UNIX, .path = s->path};
    int fd = socket_connect_stream(&spec, false, errp);
    uint32_t features;

    if (fd < 0) {
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

/* The data of a command are in one buffer or several. */
static unsigned data_buffers(const sg_io_hdr_t *io, struct iovec *one, const struct iovec **iov)
{
    *one = (struct iovec){io->dxferp, io->dxfer_len};
    *iov = io->iovec_count ? io->dxferp : one;
    return io->iovec_count ? io->iovec_count : 1;
}

static bool send_parameters(int fd, const sg_io_hdr_t *io)
{
    const struct iovec *iov;
    struct iovec one;
    unsigned n = data_buffers(io, &one, &iov);

    return iov_send(fd, iov, n, 0, io->dxfer_len) == (ssize_t)io->dxfer_len;
}

static void keep_data(const sg_io_hdr_t *io, const uint8_t *data, size_t size)
{
    const struct iovec *iov;
    struct iovec one;
    unsigned n = data_buffers(io, &one, &iov);

    iov_from_buf(iov, n, 0, data, size);
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
    pr_manager_set_result(io, status, answer + 8, SENSE_SIZE);
    if (io->cmdp[0] == PR_IN) {
        size = MIN(size, io->dxfer_len);
        keep_data(io, data, size);
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
