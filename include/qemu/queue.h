/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intrusive lists. The link lives in the element, so inserting and removing
 * never allocates.
 *
 *              head    link    insert                remove            backwards
 *   QSLIST     1 ptr   1 ptr   head, after           head, after       no
 *   QLIST      1 ptr   2 ptr   head, before, after   any               no
 *   QSIMPLEQ   2 ptr   1 ptr   head, tail, after     head, any (O(n))  no
 *   QTAILQ     2 ptr   2 ptr   any                   any               yes
 *
 * Every head and link can be a zero-filled structure except QSIMPLEQ and QTAILQ
 * heads, which need *_INIT or *_HEAD_INITIALIZER.
 *
 * *_FOREACH must not remove the current element; *_FOREACH_SAFE may. Variants
 * for readers without a lock are in qemu/rcu_queue.h.
 */
#ifndef QEMU_QUEUE_H
#define QEMU_QUEUE_H

#include "qemu/atomic.h"

/* ---------------------------------------------------------------- QLIST */

#define QLIST_HEAD(name, type)                                                                     \
    struct name {                                                                                  \
        struct type *lh_first;                                                                     \
    }
#define QLIST_HEAD_INITIALIZER(head)                                                               \
    {                                                                                              \
        NULL                                                                                       \
    }
/* le_prev points at whatever points at this element; NULL when on no list. */
#define QLIST_ENTRY(type)                                                                          \
    struct {                                                                                       \
        struct type *le_next;                                                                      \
        struct type **le_prev;                                                                     \
    }

#define QLIST_INIT(head)              ((void)((head)->lh_first = NULL))
#define QLIST_EMPTY(head)             ((head)->lh_first == NULL)
#define QLIST_EMPTY_RCU(head)         (qatomic_read(&(head)->lh_first) == NULL)
#define QLIST_FIRST(head)             ((head)->lh_first)
#define QLIST_NEXT(elm, field)        ((elm)->field.le_next)
#define QLIST_IS_INSERTED(elm, field) ((elm)->field.le_prev != NULL)

#define QLIST_INSERT_HEAD(head, elm, field)                                                        \
    do {                                                                                           \
        (elm)->field.le_next = (head)->lh_first;                                                   \
        if ((elm)->field.le_next) {                                                                \
            (elm)->field.le_next->field.le_prev = &(elm)->field.le_next;                           \
        }                                                                                          \
        (head)->lh_first = (elm);                                                                  \
        (elm)->field.le_prev = &(head)->lh_first;                                                  \
    } while (0)

#define QLIST_INSERT_AFTER(listelm, elm, field)                                                    \
    do {                                                                                           \
        (elm)->field.le_next = (listelm)->field.le_next;                                           \
        if ((elm)->field.le_next) {                                                                \
            (elm)->field.le_next->field.le_prev = &(elm)->field.le_next;                           \
        }                                                                                          \
        (listelm)->field.le_next = (elm);                                                          \
        (elm)->field.le_prev = &(listelm)->field.le_next;                                          \
    } while (0)

#define QLIST_INSERT_BEFORE(listelm, elm, field)                                                   \
    do {                                                                                           \
        (elm)->field.le_prev = (listelm)->field.le_prev;                                           \
        (elm)->field.le_next = (listelm);                                                          \
        *(listelm)->field.le_prev = (elm);                                                         \
        (listelm)->field.le_prev = &(elm)->field.le_next;                                          \
    } while (0)

#define QLIST_REMOVE(elm, field)                                                                   \
    do {                                                                                           \
        if ((elm)->field.le_next) {                                                                \
            (elm)->field.le_next->field.le_prev = (elm)->field.le_prev;                            \
        }                                                                                          \
        *(elm)->field.le_prev = (elm)->field.le_next;                                              \
        (elm)->field.le_next = NULL;                                                               \
        (elm)->field.le_prev = NULL;                                                               \
    } while (0)

/* Removes the element if it is on a list at all. */
#define QLIST_SAFE_REMOVE(elm, field)                                                              \
    do {                                                                                           \
        if ((elm)->field.le_prev) {                                                                \
            QLIST_REMOVE(elm, field);                                                              \
        }                                                                                          \
    } while (0)

/* Moves the whole list to @dst, which must be empty, and leaves @src empty. */
#define QLIST_SWAP(dst, src, field)                                                                \
    do {                                                                                           \
        void *swap_first_ = (src)->lh_first;                                                       \
        (src)->lh_first = (dst)->lh_first;                                                         \
        (dst)->lh_first = swap_first_;                                                             \
        if ((src)->lh_first) {                                                                     \
            (src)->lh_first->field.le_prev = &(src)->lh_first;                                     \
        }                                                                                          \
        if ((dst)->lh_first) {                                                                     \
            (dst)->lh_first->field.le_prev = &(dst)->lh_first;                                     \
        }                                                                                          \
    } while (0)

#define QLIST_FOREACH(var, head, field)                                                            \
    for ((var) = (head)->lh_first; (var); (var) = (var)->field.le_next)
#define QLIST_FOREACH_SAFE(var, head, field, next)                                                 \
    for ((var) = (head)->lh_first; (var) && ((next) = (var)->field.le_next, 1); (var) = (next))

/* --------------------------------------------------------------- QSLIST */

#define QSLIST_HEAD(name, type)                                                                    \
    struct name {                                                                                  \
        struct type *slh_first;                                                                    \
    }
#define QSLIST_HEAD_INITIALIZER(head)                                                              \
    {                                                                                              \
        NULL                                                                                       \
    }
#define QSLIST_ENTRY(type)                                                                         \
    struct {                                                                                       \
        struct type *sle_next;                                                                     \
    }

#define QSLIST_INIT(head)       ((void)((head)->slh_first = NULL))
#define QSLIST_EMPTY(head)      ((head)->slh_first == NULL)
#define QSLIST_FIRST(head)      ((head)->slh_first)
#define QSLIST_NEXT(elm, field) ((elm)->field.sle_next)

#define QSLIST_INSERT_HEAD(head, elm, field)                                                       \
    do {                                                                                           \
        (elm)->field.sle_next = (head)->slh_first;                                                 \
        (head)->slh_first = (elm);                                                                 \
    } while (0)

#define QSLIST_INSERT_AFTER(listelm, elm, field)                                                   \
    do {                                                                                           \
        (elm)->field.sle_next = (listelm)->field.sle_next;                                         \
        (listelm)->field.sle_next = (elm);                                                         \
    } while (0)

/* Any thread may push at any time; only QSLIST_MOVE_ATOMIC may take off. */
#define QSLIST_INSERT_HEAD_ATOMIC(head, elm, field)                                                \
    do {                                                                                           \
        typeof(elm) ins_next_;                                                                     \
        do {                                                                                       \
            ins_next_ = qatomic_read(&(head)->slh_first);                                          \
            (elm)->field.sle_next = ins_next_;                                                     \
        } while (qatomic_cmpxchg(&(head)->slh_first, ins_next_, (elm)) != ins_next_);              \
    } while (0)

/* Takes everything off @src in one step. */
#define QSLIST_MOVE_ATOMIC(dest, src)                                                              \
    ((void)((dest)->slh_first = qatomic_xchg(&(src)->slh_first, NULL)))

#define QSLIST_REMOVE_HEAD(head, field)                                                            \
    do {                                                                                           \
        typeof((head)->slh_first) rm_ = (head)->slh_first;                                         \
        (head)->slh_first = rm_->field.sle_next;                                                   \
        rm_->field.sle_next = NULL;                                                                \
    } while (0)

#define QSLIST_REMOVE_AFTER(slistelm, field)                                                       \
    do {                                                                                           \
        typeof(slistelm) rm_ = (slistelm)->field.sle_next;                                         \
        (slistelm)->field.sle_next = rm_->field.sle_next;                                          \
        rm_->field.sle_next = NULL;                                                                \
    } while (0)

/* Linear; @elm must be on the list. */
#define QSLIST_REMOVE(head, elm, type, field)                                                      \
    do {                                                                                           \
        struct type **link_ = &(head)->slh_first;                                                  \
        while (*link_ != (elm)) {                                                                  \
            link_ = &(*link_)->field.sle_next;                                                     \
        }                                                                                          \
        *link_ = (elm)->field.sle_next;                                                            \
        (elm)->field.sle_next = NULL;                                                              \
    } while (0)

#define QSLIST_FOREACH(var, head, field)                                                           \
    for ((var) = (head)->slh_first; (var); (var) = (var)->field.sle_next)
#define QSLIST_FOREACH_SAFE(var, head, field, next)                                                \
    for ((var) = (head)->slh_first; (var) && ((next) = (var)->field.sle_next, 1); (var) = (next))

/* ------------------------------------------------------------- QSIMPLEQ */

#define QSIMPLEQ_HEAD(name, type)                                                                  \
    struct name {                                                                                  \
        struct type *sqh_first;                                                                    \
        struct type **sqh_last;                                                                    \
    }
#define QSIMPLEQ_HEAD_INITIALIZER(head)                                                            \
    {                                                                                              \
        NULL, &(head).sqh_first                                                                    \
    }
#define QSIMPLEQ_ENTRY(type)                                                                       \
    struct {                                                                                       \
        struct type *sqe_next;                                                                     \
    }

#define QSIMPLEQ_INIT(head)                                                                        \
    do {                                                                                           \
        (head)->sqh_first = NULL;                                                                  \
        (head)->sqh_last = &(head)->sqh_first;                                                     \
    } while (0)
#define QSIMPLEQ_EMPTY(head) ((head)->sqh_first == NULL)
/* For a look without the lock while others add at the tail and remove at the head. */
#define QSIMPLEQ_EMPTY_ATOMIC(head) (qatomic_read(&(head)->sqh_first) == NULL)
#define QSIMPLEQ_FIRST(head)        ((head)->sqh_first)
#define QSIMPLEQ_NEXT(elm, field)   ((elm)->field.sqe_next)
#define QSIMPLEQ_LAST(head, type, field)                                                           \
    (QSIMPLEQ_EMPTY(head)                                                                          \
         ? NULL                                                                                    \
         : (struct type *)((char *)(head)->sqh_last - offsetof(struct type, field)))

#define QSIMPLEQ_INSERT_HEAD(head, elm, field)                                                     \
    do {                                                                                           \
        (elm)->field.sqe_next = (head)->sqh_first;                                                 \
        if (!(elm)->field.sqe_next) {                                                              \
            (head)->sqh_last = &(elm)->field.sqe_next;                                             \
        }                                                                                          \
        (head)->sqh_first = (elm);                                                                 \
    } while (0)

#define QSIMPLEQ_INSERT_TAIL(head, elm, field)                                                     \
    do {                                                                                           \
        (elm)->field.sqe_next = NULL;                                                              \
        qatomic_set((head)->sqh_last, elm);                                                        \
        (head)->sqh_last = &(elm)->field.sqe_next;                                                 \
    } while (0)

#define QSIMPLEQ_INSERT_AFTER(head, listelm, elm, field)                                           \
    do {                                                                                           \
        (elm)->field.sqe_next = (listelm)->field.sqe_next;                                         \
        if (!(elm)->field.sqe_next) {                                                              \
            (head)->sqh_last = &(elm)->field.sqe_next;                                             \
        }                                                                                          \
        (listelm)->field.sqe_next = (elm);                                                         \
    } while (0)

#define QSIMPLEQ_REMOVE_HEAD(head, field)                                                          \
    do {                                                                                           \
        typeof((head)->sqh_first) rm_ = (head)->sqh_first;                                         \
        qatomic_set(&(head)->sqh_first, rm_->field.sqe_next);                                      \
        if (!(head)->sqh_first) {                                                                  \
            (head)->sqh_last = &(head)->sqh_first;                                                 \
        }                                                                                          \
        rm_->field.sqe_next = NULL;                                                                \
    } while (0)

/* Keeps in @head what follows @elm (inclusive: @elm goes too). */
#define QSIMPLEQ_SPLIT_AFTER(head, elm, field, removed)                                            \
    do {                                                                                           \
        QSIMPLEQ_INIT(removed);                                                                    \
        (removed)->sqh_first = (head)->sqh_first;                                                  \
        if ((removed)->sqh_first) {                                                                \
            (removed)->sqh_last = &(elm)->field.sqe_next;                                          \
        }                                                                                          \
        (head)->sqh_first = (elm)->field.sqe_next;                                                 \
        if (!(head)->sqh_first) {                                                                  \
            (head)->sqh_last = &(head)->sqh_first;                                                 \
        }                                                                                          \
        (elm)->field.sqe_next = NULL;                                                              \
    } while (0)

/* Linear; @elm must be on the list. */
#define QSIMPLEQ_REMOVE(head, elm, type, field)                                                    \
    do {                                                                                           \
        struct type **link_ = &(head)->sqh_first;                                                  \
        while (*link_ != (elm)) {                                                                  \
            link_ = &(*link_)->field.sqe_next;                                                     \
        }                                                                                          \
        *link_ = (elm)->field.sqe_next;                                                            \
        if (!*link_) {                                                                             \
            (head)->sqh_last = link_;                                                              \
        }                                                                                          \
        (elm)->field.sqe_next = NULL;                                                              \
    } while (0)

#define QSIMPLEQ_CONCAT(head1, head2)                                                              \
    do {                                                                                           \
        if (!QSIMPLEQ_EMPTY(head2)) {                                                              \
            *(head1)->sqh_last = (head2)->sqh_first;                                               \
            (head1)->sqh_last = (head2)->sqh_last;                                                 \
            QSIMPLEQ_INIT(head2);                                                                  \
        }                                                                                          \
    } while (0)

#define QSIMPLEQ_PREPEND(head1, head2)                                                             \
    do {                                                                                           \
        if (!QSIMPLEQ_EMPTY(head2)) {                                                              \
            *(head2)->sqh_last = (head1)->sqh_first;                                               \
            if (QSIMPLEQ_EMPTY(head1)) {                                                           \
                (head1)->sqh_last = (head2)->sqh_last;                                             \
            }                                                                                      \
            (head1)->sqh_first = (head2)->sqh_first;                                               \
            QSIMPLEQ_INIT(head2);                                                                  \
        }                                                                                          \
    } while (0)

#define QSIMPLEQ_FOREACH(var, head, field)                                                         \
    for ((var) = (head)->sqh_first; (var); (var) = (var)->field.sqe_next)
#define QSIMPLEQ_FOREACH_SAFE(var, head, field, next)                                              \
    for ((var) = (head)->sqh_first; (var) && ((next) = (var)->field.sqe_next, 1); (var) = (next))

/* --------------------------------------------------------------- QTAILQ */

/*
 * The head looks like a link, so that walking backwards needs no element type:
 * tql_prev of any link points at the link before it; the head's, at the last.
 */
typedef struct QTailQLink {
    void *tql_next;
    struct QTailQLink *tql_prev;
} QTailQLink;

#define QTAILQ_HEAD(name, type)                                                                    \
    union name {                                                                                   \
        struct type *tqh_first;                                                                    \
        QTailQLink tqh_circ;                                                                       \
    }
#define QTAILQ_HEAD_INITIALIZER(head)                                                              \
    {                                                                                              \
        .tqh_circ = { NULL, &(head).tqh_circ }                                                     \
    }
#define QTAILQ_ENTRY(type)                                                                         \
    union {                                                                                        \
        struct type *tqe_next;                                                                     \
        QTailQLink tqe_circ;                                                                       \
    }

#define QTAILQ_INIT(head)                                                                          \
    do {                                                                                           \
        (head)->tqh_first = NULL;                                                                  \
        (head)->tqh_circ.tql_prev = &(head)->tqh_circ;                                             \
    } while (0)
#define QTAILQ_EMPTY(head)        ((head)->tqh_first == NULL)
#define QTAILQ_FIRST(head)        ((head)->tqh_first)
#define QTAILQ_NEXT(elm, field)   ((elm)->field.tqe_next)
#define QTAILQ_IN_USE(elm, field) ((elm)->field.tqe_circ.tql_prev != NULL)
#define QTAILQ_LINK_PREV(link)    ((link).tql_prev->tql_prev->tql_next)
#define QTAILQ_LAST(head)         ((typeof((head)->tqh_first))QTAILQ_LINK_PREV((head)->tqh_circ))
#define QTAILQ_PREV(elm, field)                                                                    \
    ((typeof((elm)->field.tqe_next))QTAILQ_LINK_PREV((elm)->field.tqe_circ))

#define QTAILQ_INSERT_HEAD(head, elm, field)                                                       \
    do {                                                                                           \
        (elm)->field.tqe_next = (head)->tqh_first;                                                 \
        if ((elm)->field.tqe_next) {                                                               \
            (elm)->field.tqe_next->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;               \
        } else {                                                                                   \
            (head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                    \
        }                                                                                          \
        (head)->tqh_first = (elm);                                                                 \
        (elm)->field.tqe_circ.tql_prev = &(head)->tqh_circ;                                        \
    } while (0)

#define QTAILQ_INSERT_TAIL(head, elm, field)                                                       \
    do {                                                                                           \
        (elm)->field.tqe_next = NULL;                                                              \
        (elm)->field.tqe_circ.tql_prev = (head)->tqh_circ.tql_prev;                                \
        (head)->tqh_circ.tql_prev->tql_next = (elm);                                               \
        (head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                        \
    } while (0)

#define QTAILQ_INSERT_AFTER(head, listelm, elm, field)                                             \
    do {                                                                                           \
        (elm)->field.tqe_next = (listelm)->field.tqe_next;                                         \
        if ((elm)->field.tqe_next) {                                                               \
            (elm)->field.tqe_next->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;               \
        } else {                                                                                   \
            (head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                    \
        }                                                                                          \
        (listelm)->field.tqe_next = (elm);                                                         \
        (elm)->field.tqe_circ.tql_prev = &(listelm)->field.tqe_circ;                               \
    } while (0)

#define QTAILQ_INSERT_BEFORE(listelm, elm, field)                                                  \
    do {                                                                                           \
        (elm)->field.tqe_circ.tql_prev = (listelm)->field.tqe_circ.tql_prev;                       \
        (elm)->field.tqe_next = (listelm);                                                         \
        (listelm)->field.tqe_circ.tql_prev->tql_next = (elm);                                      \
        (listelm)->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;                               \
    } while (0)

#define QTAILQ_REMOVE(head, elm, field)                                                            \
    do {                                                                                           \
        if ((elm)->field.tqe_next) {                                                               \
            (elm)->field.tqe_next->field.tqe_circ.tql_prev = (elm)->field.tqe_circ.tql_prev;       \
        } else {                                                                                   \
            (head)->tqh_circ.tql_prev = (elm)->field.tqe_circ.tql_prev;                            \
        }                                                                                          \
        (elm)->field.tqe_circ.tql_prev->tql_next = (elm)->field.tqe_next;                          \
        (elm)->field.tqe_circ.tql_prev = NULL;                                                     \
        (elm)->field.tqe_circ.tql_next = NULL;                                                     \
    } while (0)

#define QTAILQ_FOREACH(var, head, field)                                                           \
    for ((var) = (head)->tqh_first; (var); (var) = (var)->field.tqe_next)
#define QTAILQ_FOREACH_SAFE(var, head, field, next)                                                \
    for ((var) = (head)->tqh_first; (var) && ((next) = (var)->field.tqe_next, 1); (var) = (next))
#define QTAILQ_FOREACH_REVERSE(var, head, field)                                                   \
    for ((var) = QTAILQ_LAST(head); (var); (var) = QTAILQ_PREV(var, field))
#define QTAILQ_FOREACH_REVERSE_SAFE(var, head, field, prev)                                        \
    for ((var) = QTAILQ_LAST(head); (var) && ((prev) = QTAILQ_PREV(var, field), 1); (var) = (prev))

#endif
