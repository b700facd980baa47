/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivshmem-doorbell: shared memory whose users can interrupt each other (Device Specification for
 * Inter-VM shared memory device, revision 1). A server, to which a Unix socket leads, gives the
 * memory, an id, and event descriptors: own ones, whose events become MSI-X interrupts, and those
 * of peers, which a write to the doorbell signals. When its connection ends, so do the peers and
 * the interrupts; at the next one it greets us again.
 *
 * The server is not trusted: what it sends beyond the protocol is closed and warned of once a
 * connection, and there are limits for what it makes us keep.
 *
 * BQL held, in the main loop.
 */
#include "qemu/osdep.h"
#include <sys/stat.h>
#include "chardev/char-fe.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "ivshmem.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"

#define TYPE_IVSHMEM_DOORBELL "ivshmem-doorbell"
OBJECT_DECLARE_SIMPLE_TYPE(IVShmemDoorbell, IVSHMEM_DOORBELL)

#define IVSHMEM_MSIX_BAR         1
#define IVSHMEM_PROTOCOL_VERSION 0
#define IVSHMEM_MAX_ID           UINT16_MAX
#define IVSHMEM_MAX_VECTORS      2048 /* what MSI-X has */
#define IVSHMEM_MAX_EVENTS       65536
#define IVSHMEM_IV_POSITION      8
#define IVSHMEM_DOORBELL_REG     12

/* An event descriptor: of ours, vector of an interrupt; of a peer, what rings there. */
typedef struct Vector {
    EventNotifier event;
    IVShmemDoorbell *s;
    unsigned number;
} Vector;

/* What the next message of the server is: first a greeting of three. */
typedef enum Stage {
    STAGE_VERSION,
    STAGE_ID,
    STAGE_MEMORY,
    STAGE_PEERS,
    STAGE_IGNORED, /* we do not listen to this server */
} Stage;

struct IVShmemDoorbell {
    IVShmemState parent_obj;

    /* configuration */
    CharBackend chr;
    uint32_t vectors;
    bool ioeventfd;

    /* what the server gave */
    uint16_t id;
    MemoryRegion memory;
    struct stat memory_stat; /* of its file */
    GPtrArray *own;          /* of Vector */
    GHashTable *peers;       /* id to GPtrArray of Vector */
    unsigned n_events;       /* of all peers */

    /* the connection */
    Stage stage;
    bool complained;
    uint8_t message[8];
    unsigned message_len; /* of the one that is coming */
    int message_fd;       /* that came along; -1: none so far */
};

static const char *label_of(IVShmemDoorbell *s)
{
    return qemu_chr_fe_get_driver(&s->chr)->label;
}

/* Takes @err: about the server, which does not get to fill the log. */
static void complain(IVShmemDoorbell *s, Error *err)
{
    if (s->complained) {
        error_free(err);
    } else {
        warn_report_err(err);
    }
    s->complained = true;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* ---- vectors ---- */

static uint32_t doorbell_value(uint16_t peer, unsigned vector)
{
    return (uint32_t)peer << 16 | vector;
}

/*
 * Only those take 8 bytes but no fewer, and not this number (eventfd(2)). Unlike a look at
 * /proc, that works in a chroot.
 */
static bool is_eventfd(int fd)
{
    static const uint64_t nothing, too_much = UINT64_MAX;

    return write(fd, &nothing, 0) < 0 && errno == EINVAL &&
           write(fd, &too_much, sizeof(too_much)) < 0 && errno == EINVAL &&
           write(fd, &nothing, sizeof(nothing)) == sizeof(nothing);
}

static Vector *add_vector(GPtrArray *vectors, IVShmemDoorbell *s, int fd)
{
    Vector *v = g_new0(Vector, 1);

    event_notifier_init_fd(&v->event, fd);
    v->s = s;
    v->number = vectors->len;
    g_ptr_array_add(vectors, v);
    return v;
}

static void vector_free(void *opaque)
{
    Vector *v = opaque;

    event_notifier_cleanup(&v->event);
    g_free(v);
}

/* A peer rang. */
static void on_interrupt(EventNotifier *event)
{
    Vector *v = container_of(event, Vector, event);
    PCIDevice *d = PCI_DEVICE(v->s);

    if (event_notifier_test_and_clear(event) && msix_enabled(d)) {
        msix_notify(d, v->number);
    }
}

static void add_own(IVShmemDoorbell *s, int fd)
{
    if (s->own->len >= s->vectors) {
        close(fd); /* more than the guest was promised */
        return;
    }
    event_notifier_set_handler(&add_vector(s->own, s, fd)->event, on_interrupt);
}

static void add_to_peer(IVShmemDoorbell *s, uint16_t id, int fd)
{
    GPtrArray *vectors = g_hash_table_lookup(s->peers, GUINT_TO_POINTER(id));
    Error *err = NULL;
    Vector *v;

    if (s->n_events >= IVSHMEM_MAX_EVENTS || (vectors && vectors->len >= IVSHMEM_MAX_VECTORS)) {
        error_setg(&err, "chardev=%s: the ivshmem server sent too many events of peers",
                   label_of(s));
        complain(s, err);
        close(fd);
        return;
    }
    if (!vectors) {
        vectors = g_ptr_array_new_with_free_func(vector_free);
        g_hash_table_insert(s->peers, GUINT_TO_POINTER(id), vectors);
    }
    v = add_vector(vectors, s, fd);
    s->n_events++;
    if (s->ioeventfd) {
        memory_region_add_eventfd(&s->parent_obj.regs, IVSHMEM_DOORBELL_REG, 4, true,
                                  doorbell_value(id, v->number), &v->event);
    }
}

static void remove_peer(IVShmemDoorbell *s, uint16_t id)
{
    GPtrArray *vectors = g_hash_table_lookup(s->peers, GUINT_TO_POINTER(id));

    if (!vectors) {
        return;
    }
    for (guint i = 0; s->ioeventfd && i < vectors->len; i++) {
        Vector *v = vectors->pdata[i];

        memory_region_del_eventfd(&s->parent_obj.regs, IVSHMEM_DOORBELL_REG, 4, true,
                                  doorbell_value(id, v->number), &v->event);
    }
    s->n_events -= vectors->len;
    g_hash_table_remove(s->peers, GUINT_TO_POINTER(id));
}

static void remove_all(IVShmemDoorbell *s)
{
    g_autoptr(GList) ids = g_hash_table_get_keys(s->peers);

    memory_region_transaction_begin();
    for (GList *l = ids; l; l = l->next) {
        remove_peer(s, GPOINTER_TO_UINT(l->data));
    }
    memory_region_transaction_commit();
    for (guint i = 0; i < s->own->len; i++) {
        event_notifier_set_handler(&((Vector *)s->own->pdata[i])->event, NULL);
    }
    g_ptr_array_set_size(s->own, 0);
}

/* ---- registers ---- */

static uint64_t regs_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr == IVSHMEM_IV_POSITION ? IVSHMEM_DOORBELL(opaque)->id : 0;
}

static void ring(IVShmemDoorbell *s, uint16_t peer, uint16_t number)
{
    GPtrArray *vectors = g_hash_table_lookup(s->peers, GUINT_TO_POINTER(peer));
    Vector *v;

    /* One may ring oneself. */
    vectors = peer == s->id ? s->own : vectors;
    if (!vectors || number >= vectors->len) {
        qemu_log_mask(LOG_GUEST_ERROR, "ivshmem: peer %u has no vector %u\n", peer, number);
        return;
    }
    v = vectors->pdata[number];
    event_notifier_set(&v->event);
}

static void regs_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    if (addr == IVSHMEM_DOORBELL_REG) {
        ring(IVSHMEM_DOORBELL(opaque), value >> 16, value & 0xffff);
    }
}

static const MemoryRegionOps doorbell_regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 4, .max_access_size = 4},
};

/* ---- the server's first words; these take over @fd, which may be -1 ---- */

static bool heed_number(IVShmemDoorbell *s, const char *what, int64_t last, int64_t value, int fd,
                        Error **errp)
{
    if (value >= 0 && value <= last && fd < 0) {
        return true;
    }
    error_setg(errp, "chardev=%s: the ivshmem server has %s %" PRId64 "%s; expected 0 to %" PRId64,
               label_of(s), what, value, fd >= 0 ? " with a descriptor" : "", last);
    close_fd(&fd);
    return false;
}

/* A machine keeps its memory, so another server must be one of the same. */
static bool is_same_memory(IVShmemDoorbell *s, const struct stat *st, Error **errp)
{
    if (st->st_dev == s->memory_stat.st_dev && st->st_ino == s->memory_stat.st_ino &&
        st->st_size == s->memory_stat.st_size) {
        return true;
    }
    error_setg(errp,
               "chardev=%s: ignoring the ivshmem server, as its memory, %" PRId64
               " bytes, is not that of the one before, %" PRId64 " bytes",
               label_of(s), (int64_t)st->st_size, (int64_t)s->memory_stat.st_size);
    return false;
}

/* The memory is as large as the file. */
static bool heed_memory(IVShmemDoorbell *s, int64_t value, int fd, Error **errp)
{
    struct stat st;
    bool ok = false;

    if (value != -1 || fd < 0) {
        error_setg(errp, "chardev=%s: the ivshmem server sent no memory", label_of(s));
    } else if (fstat(fd, &st) < 0) {
        error_setg_errno(errp, errno, "chardev=%s: memory of the ivshmem server", label_of(s));
    } else if (DEVICE(s)->realized) {
        ok = is_same_memory(s, &st, errp);
    } else if (memory_region_init_ram_from_fd(&s->memory, OBJECT(s), "ivshmem.bar2", st.st_size,
                                              RAM_SHARED, fd, 0, errp)) {
        s->memory_stat = st;
        return true; /* it keeps the descriptor */
    }
    close_fd(&fd);
    return ok;
}

static bool heed_greeting(IVShmemDoorbell *s, int64_t value, int fd, Error **errp)
{
    if (s->stage == STAGE_VERSION) {
        if (!heed_number(s, "protocol version", IVSHMEM_PROTOCOL_VERSION, value, fd, errp)) {
            return false;
        }
    } else if (s->stage == STAGE_ID) {
        if (!heed_number(s, "for us the id", IVSHMEM_MAX_ID, value, fd, errp)) {
            return false;
        }
        s->id = value;
    } else if (!heed_memory(s, value, fd, errp)) {
        return false;
    }
    s->stage++;
    return true;
}

/* ---- all its messages ---- */

static void heed_event(IVShmemDoorbell *s, uint16_t id, int fd)
{
    Error *err = NULL;

    qemu_set_blocking(fd, false, NULL); /* ringing must not wait, whatever the server sent */
    if (!is_eventfd(fd)) {
        error_setg(&err,
                   "chardev=%s: the ivshmem server sent for the id %u a descriptor that is no "
                   "event (eventfd)",
                   label_of(s), id);
        complain(s, err);
        close(fd);
    } else if (id == s->id) {
        add_own(s, fd);
    } else {
        add_to_peer(s, id, fd);
    }
}

static void heed_peer(IVShmemDoorbell *s, int64_t id, int fd)
{
    Error *err = NULL;

    if (id < 0 || id > IVSHMEM_MAX_ID) {
        error_setg(&err,
                   "chardev=%s: the ivshmem server sent the id %" PRId64 ", which none can have",
                   label_of(s), id);
        complain(s, err);
        close_fd(&fd);
    } else if (fd < 0) {
        remove_peer(s, id); /* it went */
    } else {
        heed_event(s, id, fd);
    }
}

static void heed_message(IVShmemDoorbell *s, int64_t value, int fd)
{
    Error *err = NULL;

    if (s->stage == STAGE_IGNORED) {
        close_fd(&fd);
    } else if (s->stage == STAGE_PEERS) {
        heed_peer(s, value, fd);
    } else if (!heed_greeting(s, value, fd, &err)) {
        complain(s, err);
        s->stage = STAGE_IGNORED;
    }
}

static int can_read(void *opaque)
{
    IVShmemDoorbell *s = opaque;

    return sizeof(s->message) - s->message_len;
}

/* The descriptor comes with any byte of a message; of two, the first counts. */
static void take_fd(IVShmemDoorbell *s)
{
    int fd = qemu_chr_fe_get_msgfd(&s->chr);

    if (s->message_fd < 0) {
        s->message_fd = fd;
    } else {
        close_fd(&fd);
    }
}

static void on_data(void *opaque, const uint8_t *buf, int size)
{
    IVShmemDoorbell *s = opaque;
    int fd;

    take_fd(s);
    memcpy(s->message + s->message_len, buf, size);
    s->message_len += size;
    if (s->message_len == sizeof(s->message)) {
        fd = s->message_fd;
        s->message_len = 0;
        s->message_fd = -1;
        heed_message(s, ldq_le_p(s->message), fd);
    }
}

static void forget_server(IVShmemDoorbell *s)
{
    remove_all(s);
    close_fd(&s->message_fd);
    s->message_len = 0;
    s->stage = STAGE_VERSION;
    s->complained = false;
}

static void on_event(void *opaque, QEMUChrEvent event)
{
    if (event == CHR_EVENT_CLOSED) {
        forget_server(opaque);
    }
}

/* Realize waits for the greeting. */
static bool meet_server(IVShmemDoorbell *s, Error **errp)
{
    uint8_t message[8];

    if (qemu_chr_fe_wait_connected(&s->chr, errp) < 0) {
        return false;
    }
    for (s->stage = STAGE_VERSION; s->stage != STAGE_PEERS;) {
        if (qemu_chr_fe_read_all(&s->chr, message, sizeof(message)) != sizeof(message)) {
            error_setg(errp, "chardev=%s: the ivshmem server said nothing, or not all",
                       label_of(s));
            return false;
        }
        if (!heed_greeting(s, ldq_le_p(message), qemu_chr_fe_get_msgfd(&s->chr), errp)) {
            return false;
        }
    }
    return true;
}

/* ---- life ---- */

static const Property doorbell_properties[] = {
    DEFINE_PROP_CHR("chardev", IVShmemDoorbell, chr),
    DEFINE_PROP_UINT32("vectors", IVShmemDoorbell, vectors, 1),
    DEFINE_PROP_BOOL("ioeventfd", IVShmemDoorbell, ioeventfd, true),
};

static const VMStateDescription vmstate_ivshmem_doorbell = {
    .name = TYPE_IVSHMEM_DOORBELL,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj.parent_obj, IVShmemDoorbell),
            VMSTATE_MSIX(parent_obj.parent_obj, IVShmemDoorbell),
            VMSTATE_END_OF_LIST(),
        },
};

static bool check_config(IVShmemDoorbell *s, Error **errp)
{
    Chardev *chr = qemu_chr_fe_get_driver(&s->chr);

    if (!chr || !qemu_chr_has_feature(chr, QEMU_CHAR_FEATURE_FD_PASS)) {
        error_setg(errp,
                   "chardev=%s: expected a Unix socket, at whose other end is an ivshmem server",
                   chr ? chr->label : "");
        return false;
    }
    if (s->vectors < 1 || s->vectors > IVSHMEM_MAX_VECTORS) {
        error_setg(errp, "vectors=%u: expected 1 to %d", s->vectors, IVSHMEM_MAX_VECTORS);
        return false;
    }
    return true;
}

static bool init_interrupts(IVShmemDoorbell *s, Error **errp)
{
    PCIDevice *d = PCI_DEVICE(s);

    if (msix_init_exclusive_bar(d, s->vectors, IVSHMEM_MSIX_BAR, errp) < 0) {
        return false;
    }
    for (unsigned i = 0; i < s->vectors; i++) {
        msix_vector_use(d, i);
    }
    return true;
}

static void doorbell_realize(PCIDevice *dev, Error **errp)
{
    IVShmemDoorbell *s = IVSHMEM_DOORBELL(dev);

    if (!check_config(s, errp) || !meet_server(s, errp) || !init_interrupts(s, errp)) {
        return;
    }
    ivshmem_init_registers(IVSHMEM_COMMON(s), &doorbell_regs_ops);
    if (!ivshmem_show_memory(IVSHMEM_COMMON(s), &s->memory, errp)) {
        msix_uninit_exclusive_bar(dev);
        return;
    }
    s->own = g_ptr_array_new_with_free_func(vector_free);
    s->peers = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    s->message_fd = -1;
    qemu_chr_fe_set_handlers(&s->chr, can_read, on_data, on_event, NULL, s, NULL, true);
}

static void doorbell_exit(PCIDevice *dev)
{
    IVShmemDoorbell *s = IVSHMEM_DOORBELL(dev);

    qemu_chr_fe_set_handlers(&s->chr, NULL, NULL, NULL, NULL, NULL, NULL, false);
    forget_server(s);
    g_clear_pointer(&s->own, g_ptr_array_unref);
    g_clear_pointer(&s->peers, g_hash_table_unref);
    ivshmem_hide_memory(IVSHMEM_COMMON(s));
    msix_uninit_exclusive_bar(dev);
}

static void doorbell_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = doorbell_realize;
    pc->exit = doorbell_exit;
    dc->vmsd = &vmstate_ivshmem_doorbell;
    device_class_set_props(dc, doorbell_properties);
}

static const TypeInfo ivshmem_doorbell_types[] = {
    {
        .name = TYPE_IVSHMEM_DOORBELL,
        .parent = TYPE_IVSHMEM_COMMON,
        .instance_size = sizeof(IVShmemDoorbell),
        .class_init = doorbell_class_init,
    },
};

DEFINE_TYPES(ivshmem_doorbell_types)
