/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ciphers against published vectors, and secrets in all their spellings. */
#include "qemu/osdep.h"
#include "crypto/block.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        out[i] = g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]);
    }
    return n;
}

typedef struct Vector {
    const char *name;
    QCryptoCipherAlgo alg;
    QCryptoCipherMode mode;
    const char *key, *iv, *plain, *cipher;
} Vector;

static const Vector vectors[] = {
    /* NIST SP 800-38A, F.1.1, F.2.5 and F.5.1 */
    {"aes-128-ecb", QCRYPTO_CIPHER_ALGO_AES_128, QCRYPTO_CIPHER_MODE_ECB,
     "2b7e151628aed2a6abf7158809cf4f3c", "", "6bc1bee22e409f96e93d7e117393172a",
     "3ad77bb40d7a3660a89ecaf32466ef97"},
    {"aes-256-cbc", QCRYPTO_CIPHER_ALGO_AES_256, QCRYPTO_CIPHER_MODE_CBC,
     "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "000102030405060708090a0b0c0d0e0f", "6bc1bee22e409f96e93d7e117393172a",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd6"},
    {"aes-128-ctr", QCRYPTO_CIPHER_ALGO_AES_128, QCRYPTO_CIPHER_MODE_CTR,
     "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "6bc1bee22e409f96e93d7e117393172a", "874d6191b620e3261bef6864990db6ce"},
    /* IEEE 1619-2007, B, vector 1 */
    {"aes-128-xts", QCRYPTO_CIPHER_ALGO_AES_128, QCRYPTO_CIPHER_MODE_XTS,
     "0000000000000000000000000000000000000000000000000000000000000000",
     "00000000000000000000000000000000",
     "0000000000000000000000000000000000000000000000000000000000000000",
     "917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e"},
    /* RFC 2144, B.1 */
    {"cast5-128-ecb", QCRYPTO_CIPHER_ALGO_CAST5_128, QCRYPTO_CIPHER_MODE_ECB,
     "0123456712345678234567893456789a", "", "0123456789abcdef", "238b4fe5847e44b2"},
};

static void test_vector(gconstpointer opaque)
{
    const Vector *v = opaque;
    uint8_t key[64], iv[16], plain[64], want[64], got[64];
    size_t nkey = unhex(v->key, key), niv = unhex(v->iv, iv), n = unhex(v->plain, plain);
    g_autoptr(QCryptoCipher) c = NULL;

    unhex(v->cipher, want);
    if (!qcrypto_cipher_supports(v->alg, v->mode)) {
        g_test_skip("not in this library");
        return;
    }
    c = qcrypto_cipher_new(v->alg, v->mode, key, nkey, &error_abort);
    g_assert_cmpint(qcrypto_cipher_setiv(c, iv, niv, &error_abort), ==, 0);
    g_assert_cmpint(qcrypto_cipher_encrypt(c, plain, got, n, &error_abort), ==, 0);
    g_assert_cmpmem(got, n, want, n);
    g_assert_cmpint(qcrypto_cipher_setiv(c, iv, niv, &error_abort), ==, 0);
    g_assert_cmpint(qcrypto_cipher_decrypt(c, got, got, n, &error_abort), ==, 0);
    g_assert_cmpmem(got, n, plain, n);
}

static void test_wrong_lengths(void)
{
    uint8_t key[32] = {0}, buf[16] = {0};
    Error *err = NULL;
    g_autoptr(QCryptoCipher) c = NULL;

    g_assert_null(
        qcrypto_cipher_new(QCRYPTO_CIPHER_ALGO_AES_128, QCRYPTO_CIPHER_MODE_CBC, key, 32, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "16 bytes, not 32"));
    g_clear_pointer(&err, error_free);
    if (!qcrypto_cipher_supports(QCRYPTO_CIPHER_ALGO_AES_256, QCRYPTO_CIPHER_MODE_CBC)) {
        return;
    }
    c = qcrypto_cipher_new(QCRYPTO_CIPHER_ALGO_AES_256, QCRYPTO_CIPHER_MODE_CBC, key, 32,
                           &error_abort);
    g_assert_cmpint(qcrypto_cipher_setiv(c, buf, 8, &err), ==, -1);
    g_clear_pointer(&err, error_free);
    g_assert_cmpint(qcrypto_cipher_encrypt(c, buf, buf, 15, &err), ==, -1);
    g_clear_pointer(&err, error_free);
}

static void add(const char *arg)
{
    bool helped;

    user_creatable_add_from_str(arg, &helped, &error_abort);
}

static void refused(const char *arg, const char *what)
{
    Error *err = NULL;
    bool helped;

    g_assert_false(user_creatable_add_from_str(arg, &helped, &err));
    if (!strstr(error_get_pretty(err), what)) {
        g_error("%s: \"%s\" lacks \"%s\"", arg, error_get_pretty(err), what);
    }
    error_free(err);
}

static void expect(const char *id, const char *text)
{
    uint8_t *data;
    size_t len;

    qcrypto_secret_lookup(id, &data, &len, &error_abort);
    g_assert_cmpmem(data, len, text, strlen(text));
    qcrypto_secret_free(data, len);
}

static void test_plain(void)
{
    g_autofree char *file = NULL, *arg = NULL, *text = NULL;
    int fd = g_file_open_tmp("rhea-secret-XXXXXX", &file, NULL);
    Error *err = NULL;

    g_assert_cmpint(write(fd, "from a file", 11), ==, 11);
    close(fd);
    add("secret,id=a,data=123456");
    add("secret,id=b,data=MTIzNDU2,format=base64");
    add("secret,id=empty,data=");
    arg = g_strdup_printf("secret,id=c,file=%s", file);
    add(arg);
    unlink(file);
    expect("a", "123456");
    expect("b", "123456");
    expect("c", "from a file");
    expect("empty", "");
    text = qcrypto_secret_lookup_as_utf8("a", &error_abort);
    g_assert_cmpstr(text, ==, "123456");
    add("secret,id=binary,data=gICA,format=base64");
    g_assert_null(qcrypto_secret_lookup_as_utf8("binary", &err));
    g_clear_pointer(&err, error_free);
    g_assert_null(qcrypto_secret_lookup_as_utf8("nosuch", &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "'nosuch'"));
    error_free(err);
}

static void test_refused(void)
{
    refused("secret,id=x", "'data' or 'file'");
    refused("secret,id=x,data=a,file=b", "cannot both");
    refused("secret,id=x,file=/nonexistent", "/nonexistent");
    refused("secret,id=x,file=/dev/zero", "/dev/zero");
    refused("secret,id=x,data=a-b,format=base64", "base 64");
    refused("secret,id=x,data=YWJ,format=base64", "base 64");
    refused("secret,id=x,data=a,keyid=nosuch,iv=AAAA", "nosuch");
    refused("secret,id=x,data=a,keyid=nosuch", "'iv'");
    refused("secret_keyring,id=x,serial=0", "serial=0");
}

/* @text as another secret's owner would write it. */
static char *encrypt(const char *text)
{
    uint8_t key[32], iv[16] = {0}, buf[64];
    size_t n = strlen(text), pad = 16 - n % 16;
    g_autoptr(QCryptoCipher) c = NULL;

    memset(key, 'k', sizeof(key));
    memcpy(buf, text, n);
    memset(buf + n, pad, pad);
    c = qcrypto_cipher_new(QCRYPTO_CIPHER_ALGO_AES_256, QCRYPTO_CIPHER_MODE_CBC, key, sizeof(key),
                           &error_abort);
    qcrypto_cipher_setiv(c, iv, sizeof(iv), &error_abort);
    qcrypto_cipher_encrypt(c, buf, buf, n + pad, &error_abort);
    return g_base64_encode(buf, n + pad);
}

#define ZERO_IV "AAAAAAAAAAAAAAAAAAAAAA=="

static void test_encrypted(void)
{
    g_autofree char *written = NULL, *arg = NULL, *wrong = NULL;

    if (!qcrypto_cipher_supports(QCRYPTO_CIPHER_ALGO_AES_256, QCRYPTO_CIPHER_MODE_CBC)) {
        g_test_skip("built without ciphers");
        return;
    }
    written = encrypt("a secret of some length");
    add("secret,id=master,data=kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk");
    add("secret,id=other,data=oooooooooooooooooooooooooooooooo");
    arg = g_strdup_printf("secret,id=e,format=base64,keyid=master,iv=" ZERO_IV ",data=%s", written);
    add(arg);
    expect("e", "a secret of some length");
    wrong =
        g_strdup_printf("secret,id=x,format=base64,keyid=other,iv=" ZERO_IV ",data=%s", written);
    refused(wrong, "padding");
    refused("secret,id=x,format=base64,keyid=master,iv=" ZERO_IV ",data=", "padding");
    refused("secret,id=x,format=base64,keyid=master,iv=AAAA,data=AAAA", "'iv' has 3 bytes");
    refused("secret,id=x,format=base64,keyid=master,iv=" ZERO_IV ",data=AAAA", "multiple");
    refused("secret,id=x,format=base64,keyid=e,iv=" ZERO_IV ",data=AAAA", "32 bytes");
}

/* RFC 6070, 2; RFC 7914, 11 */
static void test_pbkdf2(void)
{
    static const struct {
        QCryptoHashAlgo hash;
        const char *pass, *salt;
        uint32_t iterations;
        const char *key;
    } known[] = {
        {QCRYPTO_HASH_ALGO_SHA1, "password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0"},
        {QCRYPTO_HASH_ALGO_SHA1, "password", "salt", 4096, "4b007901b765489abead49d926f721d0"},
        {QCRYPTO_HASH_ALGO_SHA256, "passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        uint8_t want[16], got[16];

        unhex(known[i].key, want);
        g_assert_true(qcrypto_pbkdf2(known[i].hash, (const uint8_t *)known[i].pass,
                                     strlen(known[i].pass), (const uint8_t *)known[i].salt,
                                     strlen(known[i].salt), known[i].iterations, got, sizeof(got),
                                     &error_abort));
        g_assert_cmpmem(got, sizeof(got), want, sizeof(want));
    }
    g_assert_cmpuint(qcrypto_pbkdf2_count_iters(QCRYPTO_HASH_ALGO_SHA256, 32, &error_abort), >,
                     1000);
}

/* A header in memory. */
static bool array_read(void *opaque, uint64_t offset, void *buf, size_t len, Error **errp)
{
    GByteArray *a = opaque;

    if (offset + len > a->len) {
        error_setg(errp, "end of the header");
        return false;
    }
    memcpy(buf, a->data + offset, len);
    return true;
}

static bool array_write(void *opaque, uint64_t offset, const void *buf, size_t len, Error **errp)
{
    GByteArray *a = opaque;

    if (offset + len > a->len) {
        g_byte_array_set_size(a, offset + len);
    }
    memcpy(a->data + offset, buf, len);
    return true;
}

static bool opens(const QCryptoBlockStore *store, const char *secret)
{
    g_autoptr(QCryptoBlock) b = qcrypto_block_luks_open(store, secret, "key-secret", NULL, NULL);

    return b;
}

static void amend(QCryptoBlock *b, const QCryptoBlockStore *store, bool active, const char *secret,
                  int slot, bool force, const char *error)
{
    QCryptoBlockAmendOptionsLUKS o = {
        .state = active ? QCRYPTO_BLOCK_LUKS_KEYSLOT_STATE_ACTIVE
                        : QCRYPTO_BLOCK_LUKS_KEYSLOT_STATE_INACTIVE,
        .new_secret = active ? (char *)secret : NULL,
        .old_secret = active ? NULL : (char *)secret,
        .has_keyslot = slot >= 0,
        .keyslot = slot,
        .has_iter_time = active,
        .iter_time = 1,
    };
    Error *err = NULL;

    if (qcrypto_block_luks_amend(b, store, "luks1", &o, force, &err)) {
        g_assert_null(error);
    } else {
        g_assert_nonnull(error);
        g_assert_nonnull(strstr(error_get_pretty(err), error));
        error_free(err);
    }
}

static void test_luks(void)
{
    g_autoptr(GByteArray) image = g_byte_array_new();
    QCryptoBlockStore store = {array_read, array_write, image};
    QCryptoBlockCreateOptionsLUKS o = {
        .key_secret = (char *)"luks1", .has_iter_time = true, .iter_time = 1};
    g_autoptr(QCryptoBlock) b = NULL;
    uint8_t buf[1024], plain[1024];

    add("secret,id=luks1,data=first");
    add("secret,id=luks2,data=second");
    add("secret,id=luks3,data=third");
    b = qcrypto_block_luks_create(&store, &o, false, "key-secret", &error_abort);
    g_assert_cmpuint(qcrypto_block_payload_offset(b), ==,
                     qcrypto_block_luks_header_size(&o, &error_abort));
    memset(plain, 7, sizeof(plain));
    memcpy(buf, plain, sizeof(buf));
    qcrypto_block_encrypt(b, 512, buf, sizeof(buf), &error_abort);
    g_assert_cmpint(memcmp(buf, buf + 512, 512), !=, 0);
    qcrypto_block_decrypt(b, 512, buf, sizeof(buf), &error_abort);
    g_assert_cmpmem(buf, sizeof(buf), plain, sizeof(plain));

    amend(b, &store, true, "luks2", -1, false, NULL);
    g_assert_true(opens(&store, "luks1") && opens(&store, "luks2") && !opens(&store, "luks3"));
    amend(b, &store, true, "luks3", 1, false, "overwrite");
    amend(b, &store, true, "luks3", 8, false, "keyslot 8");
    amend(b, &store, true, "luks3", 1, true, NULL);
    g_assert_true(!opens(&store, "luks2") && opens(&store, "luks3"));
    amend(b, &store, false, "luks2", -1, false, "none of the key slots");
    amend(b, &store, false, NULL, 5, false, "already inactive");
    amend(b, &store, false, "luks1", -1, false, NULL);
    g_assert_true(!opens(&store, "luks1") && opens(&store, "luks3"));
    amend(b, &store, false, NULL, 1, false, "only active");
    amend(b, &store, false, NULL, 1, true, NULL);
    g_assert_false(opens(&store, "luks3"));
}

/* Who has made a change of what is no longer so does not write it. */
static void test_luks_meanwhile(void)
{
    g_autoptr(GByteArray) image = g_byte_array_new();
    QCryptoBlockStore store = {array_read, array_write, image};
    QCryptoBlockCreateOptionsLUKS o = {
        .key_secret = (char *)"luks1", .has_iter_time = true, .iter_time = 1};
    QCryptoBlockAmendOptionsLUKS slow = {.state = QCRYPTO_BLOCK_LUKS_KEYSLOT_STATE_ACTIVE,
                                         .new_secret = (char *)"luks3",
                                         .has_iter_time = true,
                                         .iter_time = 1};
    g_autoptr(QCryptoBlock) b =
        qcrypto_block_luks_create(&store, &o, false, "key-secret", &error_abort);
    Error *err = NULL;

    for (int other = 1; other >= 0; other--) {
        g_autoptr(QCryptoLuksChange) c =
            qcrypto_luks_change_prepare(b, &store, "luks1", &slow, false, &error_abort);
        g_autoptr(GByteArray) before = NULL;

        if (other) {
            amend(b, &store, true, "luks2", -1, false, NULL);
        }
        before = g_byte_array_append(g_byte_array_new(), image->data, image->len);
        qcrypto_luks_change_make(c);
        g_assert_cmpmem(image->data, image->len, before->data, before->len);
        if (other) {
            g_assert_false(qcrypto_luks_change_write(c, b, &store, &err));
            g_assert_nonnull(strstr(error_get_pretty(err), "meanwhile"));
            error_free(err);
            g_assert_cmpmem(image->data, image->len, before->data, before->len);
        } else {
            g_assert_true(qcrypto_luks_change_write(c, b, &store, &error_abort));
        }
        g_assert_true(opens(&store, "luks1") && opens(&store, "luks2"));
        g_assert_cmpint(opens(&store, "luks3"), ==, !other);
    }
}

/* Opens with passphrases that are tried apart: not at first, then as without. */
static void test_key_work(void)
{
    g_autoptr(GByteArray) image = g_byte_array_new();
    QCryptoBlockStore store = {array_read, array_write, image};
    QCryptoBlockCreateOptionsLUKS o = {
        .key_secret = (char *)"luks2", .has_iter_time = true, .iter_time = 1};
    g_autoptr(QCryptoKeyWork) work = qcrypto_key_work_new();
    g_autoptr(QCryptoBlock) b = NULL;
    uint8_t buf[512] = {0}, again[512] = {0};
    Error *err = NULL;

    b = qcrypto_block_luks_create(&store, &o, false, "key-secret", &error_abort);
    qcrypto_block_encrypt(b, 0, buf, sizeof(buf), &error_abort);
    g_clear_pointer(&b, qcrypto_block_free);
    for (int i = 0; i < 2; i++) {
        const char *secret = i ? "luks1" : "luks2";

        b = qcrypto_block_luks_open(&store, secret, "key-secret", work, &err);
        g_assert_true(!b && err && qcrypto_key_work_pending(work));
        g_clear_pointer(&err, error_free);
        qcrypto_key_work_do(work);
        g_assert_false(qcrypto_key_work_pending(work));
    }
    b = qcrypto_block_luks_open(&store, "luks1", "key-secret", work, &err);
    g_assert_null(b);
    g_assert_nonnull(strstr(error_get_pretty(err), "Invalid password"));
    error_free(err);
    g_assert_false(qcrypto_key_work_pending(work));
    b = qcrypto_block_luks_open(&store, "luks2", "key-secret", work, &error_abort);
    qcrypto_block_encrypt(b, 0, again, sizeof(again), &error_abort);
    g_assert_cmpmem(again, sizeof(again), buf, sizeof(buf));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        g_autofree char *path = g_strdup_printf("/crypto/cipher/%s", vectors[i].name);
        g_test_add_data_func(path, &vectors[i], test_vector);
    }
    g_test_add_func("/crypto/cipher/wrong-lengths", test_wrong_lengths);
    g_test_add_func("/crypto/secret/plain", test_plain);
    g_test_add_func("/crypto/secret/refused", test_refused);
    g_test_add_func("/crypto/secret/encrypted", test_encrypted);
    if (qcrypto_hash_supports(QCRYPTO_HASH_ALGO_SHA256)) {
        g_test_add_func("/crypto/pbkdf2", test_pbkdf2);
        g_test_add_func("/crypto/luks", test_luks);
        g_test_add_func("/crypto/luks-meanwhile", test_luks_meanwhile);
        g_test_add_func("/crypto/luks/key-work", test_key_work);
    }
    return g_test_run();
}
