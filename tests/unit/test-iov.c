/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scattered buffers against a flat one. */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include "qemu/iov.h"

#define TOTAL 400

typedef struct Scattered {
    uint8_t data[TOTAL * 2];
    struct iovec iov[40];
    unsigned cnt;
} Scattered;

/* Pieces of 0 to 40 bytes, with gaps. */
static void scatter(Scattered *s, GRand *r)
{
    size_t at = 0, left = TOTAL;

    s->cnt = 0;
    while (left) {
        size_t len = s->cnt == 39 ? left : MIN(left, (size_t)g_rand_int_range(r, 0, 41));

        s->iov[s->cnt++] = (struct iovec){s->data + at, len};
        at += len + g_rand_int_range(r, 0, 4);
        left -= len;
    }
}

static void test_copy(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(1);
    uint8_t flat[TOTAL], out[TOTAL + 10], part[TOTAL];
    Scattered s;
    int round, i;

    for (round = 0; round < 200; round++) {
        size_t off = g_rand_int_range(r, 0, TOTAL), len = g_rand_int_range(r, 0, TOTAL - off + 1);

        scatter(&s, r);
        for (i = 0; i < TOTAL; i++) {
            flat[i] = g_rand_int(r);
            part[i] = g_rand_int(r);
        }
        g_assert_cmpint(iov_size(s.iov, s.cnt), ==, TOTAL);
        g_assert_cmpint(iov_from_buf(s.iov, s.cnt, 0, flat, TOTAL), ==, TOTAL);
        g_assert_cmpint(iov_from_buf(s.iov, s.cnt, off, part, len), ==, len);
        memcpy(flat + off, part, len);
        /* More than there is: as much as there is. */
        g_assert_cmpint(iov_to_buf(s.iov, s.cnt, 0, out, TOTAL + 10), ==, TOTAL);
        g_assert_cmpmem(out, TOTAL, flat, TOTAL);
        g_assert_cmpint(iov_memset(s.iov, s.cnt, off, 0xaa, len), ==, len);
        memset(flat + off, 0xaa, len);
        g_assert_cmpint(iov_to_buf(s.iov, s.cnt, off, out, len), ==, len);
        g_assert_cmpmem(out, len, flat + off, len);
    }
}

static void test_sub_vectors(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(2);
    uint8_t flat[TOTAL], out[TOTAL];
    Scattered s;
    int round, i;

    for (round = 0; round < 200; round++) {
        size_t off = g_rand_int_range(r, 0, TOTAL), len = g_rand_int_range(r, 0, TOTAL - off + 1);
        size_t head, tail;
        QEMUIOVector q, slice, copy;
        size_t room = TOTAL;
        struct iovec sub[40], *p;
        unsigned n;
        int niov;

        scatter(&s, r);
        for (i = 0; i < TOTAL; i++) {
            flat[i] = i;
        }
        iov_from_buf(s.iov, s.cnt, 0, flat, TOTAL);
        n = iov_copy(sub, 40, s.iov, s.cnt, off, len);
        g_assert_cmpint(iov_size(sub, n), ==, len);
        iov_to_buf(sub, n, 0, out, len);
        g_assert_cmpmem(out, len, flat + off, len);

        qemu_iovec_init_external(&q, s.iov, s.cnt);
        g_assert_cmpint(q.size, ==, TOTAL);
        if (len) {
            p = qemu_iovec_slice(&q, off, len, &head, &tail, &niov);
            g_assert_cmpint(iov_size(p, niov), ==, head + len + tail);
            g_assert_cmpint(qemu_iovec_subvec_niov(&q, off, len), ==, niov);
        }
        qemu_iovec_init_slice(&slice, &q, off, len);
        g_assert_cmpint(slice.size, ==, len);
        g_assert_cmpint(qemu_iovec_to_buf(&slice, 0, out, room), ==, len);
        g_assert_cmpmem(out, len, flat + off, len);
        qemu_iovec_init(&copy, 1);
        qemu_iovec_concat(&copy, &q, off, len);
        g_assert_cmpint(copy.size, ==, len);
        qemu_iovec_discard_back(&copy, len / 2);
        g_assert_cmpint(iov_size(copy.iov, copy.niov), ==, len - len / 2);
        qemu_iovec_destroy(&copy);
        qemu_iovec_destroy(&slice);
        qemu_iovec_destroy(&q);
    }
}

static void test_discard(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(3);
    uint8_t flat[TOTAL], out[TOTAL];
    IOVDiscardUndo undo;
    Scattered s;
    int round, i;

    for (i = 0; i < TOTAL; i++) {
        flat[i] = i;
    }
    for (round = 0; round < 200; round++) {
        size_t front = g_rand_int_range(r, 0, TOTAL + 20), n = MIN(front, (size_t)TOTAL);
        struct iovec *iov = s.iov;
        unsigned cnt;

        scatter(&s, r);
        iov_from_buf(s.iov, s.cnt, 0, flat, TOTAL);
        cnt = s.cnt;
        g_assert_cmpint(iov_discard_front_undoable(&iov, &cnt, front, &undo), ==, n);
        g_assert_cmpint(iov_to_buf(iov, cnt, 0, out, TOTAL), ==, TOTAL - n);
        g_assert_cmpmem(out, TOTAL - n, flat + n, TOTAL - n);
        iov_discard_undo(&undo);
        g_assert_cmpint(iov_size(s.iov, s.cnt), ==, TOTAL);

        cnt = s.cnt;
        g_assert_cmpint(iov_discard_back_undoable(s.iov, &cnt, front, &undo), ==, n);
        g_assert_cmpint(iov_to_buf(s.iov, cnt, 0, out, TOTAL), ==, TOTAL - n);
        g_assert_cmpmem(out, TOTAL - n, flat, TOTAL - n);
        iov_discard_undo(&undo);
        g_assert_cmpint(iov_size(s.iov, s.cnt), ==, TOTAL);
    }
}

static void test_send_recv(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(4);
    uint8_t flat[TOTAL], out[TOTAL];
    Scattered a, b;
    int sv[2], i;

    for (i = 0; i < TOTAL; i++) {
        flat[i] = i * 7;
    }
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), ==, 0);
    scatter(&a, r);
    scatter(&b, r);
    iov_from_buf(a.iov, a.cnt, 0, flat, TOTAL);
    g_assert_cmpint(iov_send(sv[0], a.iov, a.cnt, 10, 300), ==, 300);
    g_assert_cmpint(iov_recv(sv[1], b.iov, b.cnt, 50, 350), ==, 300);
    iov_to_buf(b.iov, b.cnt, 50, out, 300);
    g_assert_cmpmem(out, 300, flat + 10, 300);
    g_assert_cmpint(iov_recv(sv[1], b.iov, b.cnt, 0, 1), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    close(sv[0]);
    g_assert_cmpint(iov_recv(sv[1], b.iov, b.cnt, 0, 1), ==, 0);
    close(sv[1]);
}

static void test_qiov(void)
{
    uint8_t a[8] = {0}, b[8] = {0}, flat[16];
    QEMUIOVector q, c, one = QEMU_IOVEC_INIT_BUF(one, a, 8);

    g_assert_true(qemu_iovec_buf(&one) == a);
    qemu_iovec_init(&q, 0);
    qemu_iovec_add(&q, a, 8);
    qemu_iovec_add(&q, b, 8);
    g_assert_true(qemu_iovec_is_zero(&q, 0, 16));
    qemu_iovec_memset(&q, 10, 1, 1);
    g_assert_false(qemu_iovec_is_zero(&q, 3, 13));
    g_assert_true(qemu_iovec_is_zero(&q, 0, 10));
    g_assert_true(qemu_iovec_is_zero(&q, 11, 5));
    qemu_iovec_init(&c, 2);
    qemu_iovec_clone(&c, &q, flat);
    qemu_iovec_from_buf(&c, 0, a, 8);
    qemu_iovec_from_buf(&c, 8, b, 8);
    g_assert_cmpint(qemu_iovec_compare(&q, &c), ==, -1);
    flat[12] = 5;
    g_assert_cmpint(qemu_iovec_compare(&q, &c), ==, 12);
    qemu_iovec_reset(&q);
    g_assert_cmpint(q.size, ==, 0);
    qemu_iovec_destroy(&q);
    qemu_iovec_destroy(&c);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/iov/copy", test_copy);
    g_test_add_func("/iov/sub-vectors", test_sub_vectors);
    g_test_add_func("/iov/discard", test_discard);
    g_test_add_func("/iov/send-recv", test_send_recv);
    g_test_add_func("/iov/qiov", test_qiov);
    return g_test_run();
}
