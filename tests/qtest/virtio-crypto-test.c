/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-crypto: sessions and requests, with vectors of NIST SP 800-38A and IEEE 1619, what is
 * refused, limits, statistics, saved state.
 */
#include "virtio-driver.h"
#include "qobject/qlist.h"
#include <glib/gstdio.h>

#define DEVFN    QPCI_DEVFN(5, 0)
#define OBJECT   "-object cryptodev-backend-builtin,id=b"
#define MACHINE  "-machine pc -nodefaults -m 64 "
#define DEVICE   " -device virtio-crypto-pci,id=c,cryptodev=b,addr=5"

#define CREATE   0x02
#define DESTROY  0x03
#define ENCRYPT  1
#define DECRYPT  2

#define AES_ECB  2
#define AES_CBC  3
#define AES_CTR  4
#define TDES_ECB 7
#define AES_XTS  13

#define OK       0
#define ERR      1
#define BADMSG   2
#define NOTSUPP  3
#define INVSESS  4
#define NOSPC    5

static QTestState *qts;
static VdrvDev *dev;
static VdrvQueue *data_queue, *control_queue;
static uint32_t used; /* length of the last answer */

static void start_driver(void)
{
    vdrv_start(dev, 0);
    data_queue = vdrv_queue_new(dev, 0, 64, 0);
    control_queue = vdrv_queue_new(dev, 1, 0, 0);
    vdrv_driver_ok(dev);
}

static void begin(const char *options)
{
    qts = qtest_initf(MACHINE OBJECT "%s" DEVICE, options);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver();
}

static void end_driver(void)
{
    g_clear_pointer(&data_queue, g_free);
    g_clear_pointer(&control_queue, g_free);
    vdrv_free(dev);
}

static void end(void)
{
    end_driver();
    qtest_quit(qts);
}

/* ---- requests ---- */

static uint32_t control(uint32_t opcode, uint32_t algo, uint32_t direction, const uint8_t *key,
                        uint32_t key_len, uint32_t key_given, uint64_t *id)
{
    uint64_t at = vdrv_alloc(qts, 72 + 128 + 16);
    VdrvBuf bufs[] = {{at, 72 + key_given, false}, {at + 200, 16, true}};

    qtest_memset(qts, at, 0, 216);
    qtest_writel(qts, at, opcode);
    qtest_writel(qts, at + 16, algo);
    qtest_writel(qts, at + 20, key_len);
    qtest_writel(qts, at + 24, direction);
    qtest_writel(qts, at + 64, 1);
    if (key_given) {
        qtest_memwrite(qts, at + 72, key, key_given);
    }
    vdrv_add(control_queue, bufs, 2);
    vdrv_kick(control_queue);
    vdrv_wait_used(control_queue, &used);
    *id = qtest_readq(qts, at + 200);
    return qtest_readl(qts, at + 208);
}

static uint64_t session(uint32_t algo, uint32_t direction, const uint8_t *key, uint32_t key_len)
{
    uint64_t id;

    g_assert_cmpuint(control(CREATE, algo, direction, key, key_len, key_len, &id), ==, OK);
    return id;
}

static uint8_t destroy(uint64_t id)
{
    uint64_t at = vdrv_alloc(qts, 73);
    VdrvBuf bufs[] = {{at, 72, false}, {at + 72, 1, true}};

    qtest_memset(qts, at, 0, 72);
    qtest_writel(qts, at, DESTROY);
    qtest_writeq(qts, at + 16, id);
    vdrv_add(control_queue, bufs, 2);
    vdrv_kick(control_queue);
    vdrv_wait_used(control_queue, &used);
    return qtest_readb(qts, at + 72);
}

typedef struct Request {
    uint32_t opcode;
    uint64_t session;
    const uint8_t *iv;
    uint32_t iv_len;
    const uint8_t *src;
    uint32_t len, src_len, dst_len; /* given; and claimed */
    uint64_t at;
} Request;

static void submit(Request *r)
{
    uint64_t at = r->at = vdrv_alloc(qts, 72 + 32 + 2 * r->len + 1);
    VdrvBuf bufs[] = {{at, 72, false},
                      {at + 72, r->iv_len + r->len, false},
                      {at + 104 + r->len, r->len + 1, true}};

    qtest_memset(qts, at, 0, 72);
    qtest_writel(qts, at, r->opcode);
    qtest_writeq(qts, at + 8, r->session);
    qtest_writel(qts, at + 24, r->iv_len);
    qtest_writel(qts, at + 28, r->src_len);
    qtest_writel(qts, at + 32, r->dst_len);
    qtest_writel(qts, at + 64, 1);
    if (r->iv_len) {
        qtest_memwrite(qts, at + 72, r->iv, r->iv_len);
    }
    qtest_memwrite(qts, at + 72 + r->iv_len, r->src, r->len);
    qtest_memset(qts, at + 104 + r->len, 0xee, r->len + 1);
    vdrv_add(data_queue, bufs, 3);
    vdrv_kick(data_queue);
}

static uint8_t status_of(const Request *r)
{
    return qtest_readb(qts, r->at + 104 + 2 * r->len);
}

static uint8_t run_request(Request *r, uint8_t *out)
{
    submit(r);
    vdrv_wait_used(data_queue, &used);
    if (out) {
        qtest_memread(qts, r->at + 104 + r->len, out, r->len);
    }
    return status_of(r);
}

static uint8_t crypt_simple(uint32_t opcode, uint64_t id, const uint8_t *iv, uint32_t iv_len,
                            const uint8_t *src, uint32_t len, uint8_t *out)
{
    Request r = {opcode, id, iv, iv_len, src, len, len, len};

    return run_request(&r, out);
}

/* ---- vectors ---- */

static const uint8_t key128[] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
static const uint8_t plain[] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
                                0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};
/* SP 800-38A, F.1.1, F.2.1, F.5.1; IEEE 1619-2007, vector 1. */
static const uint8_t ecb128[] = {0x3a, 0xd7, 0x7b, 0xb4, 0x0d, 0x7a, 0x36, 0x60,
                                 0xa8, 0x9e, 0xca, 0xf3, 0x24, 0x66, 0xef, 0x97};
static const uint8_t cbc128[] = {0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46,
                                 0xce, 0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d};
static const uint8_t ctr128[] = {0x87, 0x4d, 0x61, 0x91, 0xb6, 0x20, 0xe3, 0x26,
                                 0x1b, 0xef, 0x68, 0x64, 0x99, 0x0d, 0xb6, 0xce};
static const uint8_t cbc_iv[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t ctr_iv[] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
                                 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
static const uint8_t zeros[64];
static const uint8_t xts[] = {0x91, 0x7c, 0xf6, 0x9e, 0xbd, 0x68, 0xb2, 0xec, 0x9b, 0x9f, 0xe9,
                              0xa3, 0xea, 0xdd, 0xa6, 0x92, 0xcd, 0x43, 0xd2, 0xf5, 0x95, 0x98,
                              0xed, 0x85, 0x8c, 0x02, 0xc2, 0x65, 0x2f, 0xbf, 0x92, 0x2e};

static void check_vector(uint32_t algo, const uint8_t *key, uint32_t key_len, const uint8_t *iv,
                         uint32_t iv_len, const uint8_t *in, const uint8_t *want, uint32_t len)
{
    uint64_t encrypt = session(algo, ENCRYPT, key, key_len);
    uint64_t decrypt = session(algo, DECRYPT, key, key_len);
    uint8_t out[64];

    g_assert_cmpuint(crypt_simple(0, encrypt, iv, iv_len, in, len, out), ==, OK);
    g_assert_cmpmem(out, len, want, len);
    g_assert_cmpuint(crypt_simple(1, decrypt, iv, iv_len, want, len, out), ==, OK);
    g_assert_cmpmem(out, len, in, len);
    g_assert_cmpuint(crypt_simple(1, encrypt, iv, iv_len, in, len, NULL), ==, BADMSG);
    g_assert_cmpuint(destroy(encrypt), ==, OK);
    g_assert_cmpuint(destroy(decrypt), ==, OK);
    g_assert_cmpuint(destroy(decrypt), ==, INVSESS);
}

static void test_vectors(void)
{
    begin("");
    g_assert_cmphex(vdrv_config_readl(dev, 0), ==, 1);
    g_assert_cmphex(vdrv_config_readl(dev, 4), ==, 1);
    g_assert_cmphex(vdrv_config_readl(dev, 8), ==, 1);
    if (!(vdrv_config_readl(dev, 12) & 1 << AES_CBC)) {
        g_test_skip("this build has no ciphers");
        end();
        return;
    }
    check_vector(AES_ECB, key128, 16, NULL, 0, plain, ecb128, 16);
    check_vector(AES_CBC, key128, 16, cbc_iv, 16, plain, cbc128, 16);
    check_vector(AES_CTR, key128, 16, ctr_iv, 16, plain, ctr128, 16);
    check_vector(AES_CTR, key128, 16, ctr_iv, 16, plain, ctr128, 5);
    check_vector(AES_XTS, zeros, 32, zeros, 16, zeros, xts, 32);
    end();
}

/* ---- what is refused ---- */

static void test_mistakes(void)
{
    uint64_t id;
    uint8_t out[64];

    begin("");
    if (!(vdrv_config_readl(dev, 12) & 1 << AES_CBC)) {
        g_test_skip("this build has no ciphers");
        end();
        return;
    }
    g_assert_cmpuint(control(CREATE, 1, ENCRYPT, key128, 16, 16, &id), ==, NOTSUPP);
    g_assert_cmpuint(control(CREATE | 0x400, AES_CBC, ENCRYPT, key128, 16, 16, &id), ==, NOTSUPP);
    g_assert_cmpuint(control(CREATE, AES_CBC, 3, key128, 16, 16, &id), ==, ERR);
    g_assert_cmpuint(control(CREATE, AES_CBC, ENCRYPT, key128, 15, 16, &id), ==, ERR);
    g_assert_cmpuint(control(CREATE, AES_CBC, ENCRYPT, key128, 16, 8, &id), ==, ERR);
    g_assert_cmpuint(control(CREATE, AES_CBC, ENCRYPT, key128, UINT32_MAX, 16, &id), ==, ERR);
    g_assert_cmpuint(control(CREATE, TDES_ECB, ENCRYPT, key128, 16, 16, &id), ==, ERR);
    g_assert_cmpuint(destroy(0), ==, INVSESS);
    g_assert_cmpuint(destroy(UINT64_MAX), ==, INVSESS);

    id = session(AES_CBC, ENCRYPT, key128, 16);
    for (int i = 0; i < 8; i++) {
        Request r = {0, id, cbc_iv, 16, plain, 16, 16, 16};
        uint8_t want = BADMSG;

        switch (i) {
        case 0:
            r.iv_len = 8;
            break;
        case 1:
            r.src_len = r.dst_len = 15;
            break;
        case 2:
            r.src_len = 17;
            break;
        case 3:
            r.dst_len = 8;
            break;
        case 4:
            r.dst_len = 17;
            break;
        case 5:
            r.src_len = r.dst_len = UINT32_MAX;
            break;
        case 6:
            r.opcode = 0x400;
            want = NOTSUPP;
            break;
        case 7:
            r.session = id + 1;
            want = INVSESS;
            break;
        }
        g_assert_cmpuint(run_request(&r, out), ==, want);
        g_assert_cmphex(out[0], ==, 0xee); /* nothing was written */
    }
    /* As many sessions as there are places. */
    for (int i = 1; i < 256; i++) {
        session(AES_CBC, ENCRYPT, key128, 16);
    }
    g_assert_cmpuint(control(CREATE, AES_CBC, ENCRYPT, key128, 16, 16, &id), ==, NOSPC);
    /* A reset ends them. */
    end_driver();
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver();
    g_assert_cmpuint(crypt_simple(0, 0, cbc_iv, 16, plain, 16, out), ==, INVSESS);
    end();
}

static void test_short_requests(void)
{
    for (int control_side = 0; control_side < 2; control_side++) {
        VdrvBuf bufs[2];
        uint64_t at;

        begin("");
        at = vdrv_alloc(qts, 128);
        bufs[0] = (VdrvBuf){at, 71, false};
        bufs[1] = (VdrvBuf){at + 100, 16, true};
        vdrv_add(control_side ? control_queue : data_queue, bufs, 2);
        vdrv_kick(control_side ? control_queue : data_queue);
        vdrv_wait_broken(dev);
        end();
    }
}

/* ---- limits, statistics ---- */

static int64_t statistic(int n)
{
    g_autoptr(QDict) response =
        qtest_qmp(qts, "{'execute': 'query-stats', 'arguments': {'target': 'cryptodev'}}");
    QDict *result = qobject_to(QDict, qlist_peek(qdict_get_qlist(response, "return")));
    const QListEntry *e = qlist_first(qdict_get_qlist(result, "stats"));

    g_assert_cmpstr(qdict_get_str(result, "qom-path"), ==, "/objects/b");
    while (n--) {
        e = qlist_next(e);
    }
    return qdict_get_int(qobject_to(QDict, qlist_entry_obj(e)), "value");
}

/* One at a time gets through; what waits is saved with its queue, and done by who loads it. */
static void test_limits(void)
{
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("virtio-crypto-XXXXXX", &file, NULL);
    Request first, second, third;
    uint64_t id;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    begin(",throttle-ops=1");
    if (!(vdrv_config_readl(dev, 12) & 1 << AES_CBC)) {
        g_test_skip("this build has no ciphers");
        end();
        return;
    }
    id = session(AES_CBC, ENCRYPT, key128, 16);
    first = (Request){0, id, cbc_iv, 16, plain, 16, 16, 16};
    second = third = first;
    g_assert_cmpuint(run_request(&first, NULL), ==, OK);
    submit(&second);
    submit(&third);
    g_assert_cmpint(statistic(0), <, 3);
    qtest_save(qts, file);
    qtest_quit(qts);

    qts = dev->qts = qtest_load(MACHINE OBJECT DEVICE, file);
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    for (uint8_t status = 0xee; status == 0xee;) {
        status = status_of(&third);
    }
    g_assert_cmpuint(status_of(&second), ==, OK);
    g_assert_cmpuint(status_of(&third), ==, OK);
    g_assert_cmpint(statistic(0), >=, 1);
    g_assert_cmpint(statistic(1), ==, 0);
    g_assert_cmpint(statistic(2), ==, 16 * statistic(0));
    /* The session came along. */
    g_assert_cmpuint(destroy(id), ==, OK);
    end();
    g_unlink(file);
}

static void test_query(void)
{
    g_autoptr(QDict) response = NULL;
    g_autofree char *text = NULL;
    QDict *info;

    begin(",queues=3,throttle-bps=1000000");
    g_assert_cmphex(vdrv_config_readl(dev, 4), ==, 3);
    response = qtest_qmp(qts, "{'execute': 'query-cryptodev'}");
    info = qobject_to(QDict, qlist_peek(qdict_get_qlist(response, "return")));
    g_assert_cmpstr(qdict_get_str(info, "id"), ==, "b");
    g_assert_cmpuint(qlist_size(qdict_get_qlist(info, "client")), ==, 3);
    text = qtest_hmp(qts, "info cryptodev");
    g_assert_cmpstr(text, ==,
                    "b: service=[cipher]\r\n    queue 0: type=builtin\r\n"
                    "    queue 1: type=builtin\r\n    queue 2: type=builtin\r\n");
    qtest_qmp_assert_success(qts, "{'execute': 'qom-set', 'arguments': {'path': '/objects/b',"
                                  " 'property': 'throttle-bps', 'value': 0}}");
    end();
}

static void test_refused(void)
{
    qtest_refused(MACHINE "-device virtio-crypto-pci", "cryptodev= is missing");
    qtest_refused(MACHINE OBJECT DEVICE " -device virtio-crypto-pci,cryptodev=b", "in use already");
    qtest_refused(MACHINE OBJECT ",queues=0", "queues=0 is not between 1 and 64");
    qtest_refused(MACHINE OBJECT ",queues=65", "queues=65 is not between 1 and 64");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-crypto/vectors", test_vectors);
    g_test_add_func("/virtio-crypto/mistakes", test_mistakes);
    g_test_add_func("/virtio-crypto/short-requests", test_short_requests);
    g_test_add_func("/virtio-crypto/limits", test_limits);
    g_test_add_func("/virtio-crypto/query", test_query);
    g_test_add_func("/virtio-crypto/refused", test_refused);
    return g_test_run();
}
