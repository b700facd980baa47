/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of a file, the least recently used of which go; those with changes stay until they have
 * been written by a commit. A page has more than tables: only bytes that were changed are written.
 */
#include "qemu/osdep.h"
#include "meta-cache.h"
#include "qemu/bitmap.h"

#define PAGE_BYTES (64 * KiB)
#define MAX_PAGES  64

typedef struct Page {
    int64_t offset;
    uint8_t *data;
    unsigned long *changed; /* a bit for each byte; NULL: none */
    QTAILQ_ENTRY(Page) lru;
} Page;

struct MetaCache {
    BdrvChild *child;
    CoMutex lock;
    GHashTable *pages;       /* int64_t * to Page; lock */
    QTAILQ_HEAD(, Page) lru; /* the next to go is first; lock */
    unsigned changed;        /* pages; lock */
    bool committing;         /* nothing is changed meanwhile; lock */
    CoQueue committed;
};

static void page_free(gpointer opaque)
{
    Page *p = opaque;

    qemu_vfree(p->data);
    g_free(p->changed);
    g_free(p);
}

MetaCache *meta_cache_new(BdrvChild *child)
{
    MetaCache *c = g_new0(MetaCache, 1);

    c->child = child;
    qemu_co_mutex_init(&c->lock);
    qemu_co_queue_init(&c->committed);
    c->pages = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, page_free);
    QTAILQ_INIT(&c->lru);
    return c;
}

void meta_cache_free(MetaCache *c)
{
    if (c) {
        g_hash_table_unref(c->pages);
        g_free(c);
    }
}

static void drop(MetaCache *c, Page *p)
{
    QTAILQ_REMOVE(&c->lru, p, lru);
    g_hash_table_remove(c->pages, &p->offset);
}

/* ---- changes to the file; with the lock held ---- */

static int coroutine_fn write_page(MetaCache *c, Page *p)
{
    unsigned long start = find_first_bit(p->changed, PAGE_BYTES), end;

    for (; start < PAGE_BYTES; start = find_next_bit(p->changed, PAGE_BYTES, end)) {
        int ret;

        end = find_next_zero_bit(p->changed, PAGE_BYTES, start);
        ret = bdrv_co_pwrite(c->child, p->offset + start, end - start, p->data + start, 0);
        if (ret < 0) {
            return ret;
        }
    }
    g_clear_pointer(&p->changed, g_free);
    c->changed--;
    return 0;
}

static void coroutine_fn wait_for_commit(MetaCache *c)
{
    while (c->committing) {
        qemu_co_queue_wait(&c->committed, &c->lock);
    }
}

/* Who reads goes on while the file is flushed. */
static int coroutine_fn commit(MetaCache *c)
{
    Page *p;
    int ret;

    wait_for_commit(c);
    if (!c->changed) {
        return 0;
    }
    c->committing = true;
    qemu_co_mutex_unlock(&c->lock);
    ret = bdrv_co_flush(c->child->bs);
    qemu_co_mutex_lock(&c->lock);
    QTAILQ_FOREACH (p, &c->lru, lru) {
        if (p->changed && ret >= 0) {
            ret = write_page(c, p);
        }
    }
    c->committing = false;
    qemu_co_queue_restart_all(&c->committed);
    return ret;
}

int coroutine_fn meta_commit(MetaCache *c)
{
    int ret;

    qemu_co_mutex_lock(&c->lock);
    ret = commit(c);
    qemu_co_mutex_unlock(&c->lock);
    return ret;
}

/* ---- pages ---- */

/* With the lock held, which may be given up for a time. */
static int coroutine_fn make_room(MetaCache *c)
{
    while (g_hash_table_size(c->pages) >= MAX_PAGES) {
        Page *p = QTAILQ_FIRST(&c->lru);
        int ret;

        while (p && p->changed) {
            p = QTAILQ_NEXT(p, lru);
        }
        if (p) {
            drop(c, p);
            continue;
        }
        ret = commit(c);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

/* With the lock held, which may be given up before. */
static int coroutine_fn get_page(MetaCache *c, int64_t offset, Page **result)
{
    Page *p = g_hash_table_lookup(c->pages, &offset);
    int ret;

    if (!p) {
        ret = make_room(c);
        if (ret < 0) {
            return ret;
        }
        p = g_hash_table_lookup(c->pages, &offset);
    }
    if (p) {
        QTAILQ_REMOVE(&c->lru, p, lru);
        QTAILQ_INSERT_TAIL(&c->lru, p, lru);
        *result = p;
        return 0;
    }
    p = g_new0(Page, 1);
    p->offset = offset;
    p->data = qemu_try_blockalign0(c->child->bs, PAGE_BYTES);
    ret = p->data ? bdrv_co_pread(c->child, offset, PAGE_BYTES, p->data, 0) : -ENOMEM;
    if (ret < 0) {
        page_free(p);
        return ret;
    }
    g_hash_table_insert(c->pages, &p->offset, p);
    QTAILQ_INSERT_TAIL(&c->lru, p, lru);
    *result = p;
    return 0;
}

int coroutine_fn meta_read(MetaCache *c, int64_t offset, void *buf, size_t len)
{
    int ret = 0;

    if (offset < 0 || offset > BDRV_MAX_LENGTH - (int64_t)(len + PAGE_BYTES)) {
        return -EIO;
    }
    qemu_co_mutex_lock(&c->lock);
    while (len) {
        size_t in_page = offset % PAGE_BYTES, n = MIN(len, PAGE_BYTES - in_page);
        Page *p;

        ret = get_page(c, offset - in_page, &p);
        if (ret < 0) {
            break;
        }
        memcpy(buf, p->data + in_page, n);
        buf = (char *)buf + n;
        offset += n;
        len -= n;
    }
    qemu_co_mutex_unlock(&c->lock);
    return ret;
}

int coroutine_fn meta_write(MetaCache *c, int64_t offset, const void *buf, size_t len)
{
    int ret = 0;

    if (offset < 0 || offset > BDRV_MAX_LENGTH - (int64_t)(len + PAGE_BYTES)) {
        return -EIO;
    }
    qemu_co_mutex_lock(&c->lock);
    while (len && ret >= 0) {
        size_t in_page = offset % PAGE_BYTES, n = MIN(len, PAGE_BYTES - in_page);
        Page *p;

        ret = get_page(c, offset - in_page, &p);
        if (ret >= 0 && c->committing) {
            wait_for_commit(c);
            continue;
        }
        if (ret >= 0) {
            if (!p->changed) {
                p->changed = bitmap_new(PAGE_BYTES);
                c->changed++;
            }
            bitmap_set(p->changed, in_page, n);
            memcpy(p->data + in_page, buf, n);
            buf = (const char *)buf + n;
            offset += n;
            len -= n;
        }
    }
    qemu_co_mutex_unlock(&c->lock);
    return ret;
}

int coroutine_fn meta_write_now(MetaCache *c, int64_t offset, const void *buf, size_t len)
{
    int ret;

    if (offset < 0 || offset > BDRV_MAX_LENGTH - (int64_t)(len + PAGE_BYTES)) {
        return -EIO;
    }
    qemu_co_mutex_lock(&c->lock);
    ret = bdrv_co_pwrite(c->child, offset, len, buf, 0);
    while (len && ret >= 0) {
        int64_t in_page = offset % PAGE_BYTES, start = offset - in_page;
        size_t n = MIN(len, (size_t)(PAGE_BYTES - in_page));
        Page *p = g_hash_table_lookup(c->pages, &start);

        if (p) {
            memcpy(p->data + in_page, buf, n);
        }
        buf = (const char *)buf + n;
        offset += n;
        len -= n;
    }
    qemu_co_mutex_unlock(&c->lock);
    return ret < 0 ? ret : 0;
}

int coroutine_fn meta_for_each(MetaCache *c, int64_t offset, uint64_t num, size_t size,
                               MetaVisit *visit, void *opaque)
{
    uint64_t per_piece = PAGE_BYTES / size;
    g_autofree char *piece = g_malloc(MIN(num, per_piece) * size);
    int ret = 0;

    while (num && ret >= 0) {
        uint64_t n = MIN(num, per_piece);

        ret = meta_read(c, offset, piece, n * size);
        for (uint64_t i = 0; i < n && ret >= 0; i++) {
            ret = visit(piece + i * size, opaque);
        }
        offset += n * size;
        num -= n;
    }
    return ret;
}

bool meta_take_places(unsigned long *map, uint64_t first, uint64_t num)
{
    bool taken = find_next_bit(map, first + num, first) < first + num;

    bitmap_set(map, first, num);
    return taken;
}

int coroutine_fn bdrv_co_clear_area(BdrvChild *file, int64_t offset, int64_t bytes)
{
    int64_t len = bdrv_co_getlength(file->bs);
    int ret = 0;

    if (len < 0) {
        return len;
    }
    if (offset < len) {
        ret = bdrv_co_pwrite_zeroes(file, offset, MIN(bytes, len - offset), 0);
    }
    if (ret >= 0 && offset + bytes > len) {
        ret = bdrv_co_truncate(file, offset + bytes, false, PREALLOC_MODE_OFF, 0, NULL);
    }
    return ret < 0 ? ret : 0;
}
