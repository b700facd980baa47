/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of qemu/queue.h for readers that hold only rcu_read_lock().
 * Writers still exclude each other with a lock; an element that was removed
 * keeps its forward link, and is freed after a grace period.
 */
#ifndef QEMU_RCU_QUEUE_H
#define QEMU_RCU_QUEUE_H

#include "qemu/queue.h"
#include "qemu/rcu.h"

#define QLIST_FIRST_RCU(head)      (qatomic_rcu_read(&(head)->lh_first))
#define QLIST_NEXT_RCU(elm, field) (qatomic_rcu_read(&(elm)->field.le_next))

#define QLIST_INSERT_HEAD_RCU(head, elm, field)                                                    \
    do {                                                                                           \
        (elm)->field.le_prev = &(head)->lh_first;                                                  \
        (elm)->field.le_next = (head)->lh_first;                                                   \
        if ((elm)->field.le_next) {                                                                \
            (elm)->field.le_next->field.le_prev = &(elm)->field.le_next;                           \
        }                                                                                          \
        qatomic_rcu_set(&(head)->lh_first, (elm));                                                 \
    } while (0)

#define QLIST_INSERT_AFTER_RCU(listelm, elm, field)                                                \
    do {                                                                                           \
        (elm)->field.le_next = (listelm)->field.le_next;                                           \
        (elm)->field.le_prev = &(listelm)->field.le_next;                                          \
        if ((elm)->field.le_next) {                                                                \
            (elm)->field.le_next->field.le_prev = &(elm)->field.le_next;                           \
        }                                                                                          \
        qatomic_rcu_set(&(listelm)->field.le_next, (elm));                                         \
    } while (0)

#define QLIST_INSERT_BEFORE_RCU(listelm, elm, field)                                               \
    do {                                                                                           \
        (elm)->field.le_prev = (listelm)->field.le_prev;                                           \
        (elm)->field.le_next = (listelm);                                                          \
        qatomic_rcu_set((listelm)->field.le_prev, (elm));                                          \
        (listelm)->field.le_prev = &(elm)->field.le_next;                                          \
    } while (0)

#define QLIST_REMOVE_RCU(elm, field)                                                               \
    do {                                                                                           \
        if ((elm)->field.le_next) {                                                                \
            (elm)->field.le_next->field.le_prev = (elm)->field.le_prev;                            \
        }                                                                                          \
        qatomic_set((elm)->field.le_prev, (elm)->field.le_next);                                   \
        (elm)->field.le_prev = NULL;                                                               \
    } while (0)

#define QLIST_FOREACH_RCU(var, head, field)                                                        \
    for ((var) = qatomic_rcu_read(&(head)->lh_first); (var);                                       \
         (var) = qatomic_rcu_read(&(var)->field.le_next))
#define QLIST_FOREACH_SAFE_RCU(var, head, field, next_var)                                         \
    for ((var) = qatomic_rcu_read(&(head)->lh_first);                                              \
         (var) && ((next_var) = qatomic_rcu_read(&(var)->field.le_next), 1); (var) = (next_var))

#define QSIMPLEQ_FIRST_RCU(head)      (qatomic_rcu_read(&(head)->sqh_first))
#define QSIMPLEQ_NEXT_RCU(elm, field) (qatomic_rcu_read(&(elm)->field.sqe_next))

#define QSIMPLEQ_INSERT_HEAD_RCU(head, elm, field)                                                 \
    do {                                                                                           \
        (elm)->field.sqe_next = (head)->sqh_first;                                                 \
        if (!(elm)->field.sqe_next) {                                                              \
            (head)->sqh_last = &(elm)->field.sqe_next;                                             \
        }                                                                                          \
        qatomic_rcu_set(&(head)->sqh_first, (elm));                                                \
    } while (0)

#define QSIMPLEQ_INSERT_TAIL_RCU(head, elm, field)                                                 \
    do {                                                                                           \
        (elm)->field.sqe_next = NULL;                                                              \
        qatomic_rcu_set((head)->sqh_last, (elm));                                                  \
        (head)->sqh_last = &(elm)->field.sqe_next;                                                 \
    } while (0)

#define QSIMPLEQ_REMOVE_HEAD_RCU(head, field)                                                      \
    do {                                                                                           \
        qatomic_set(&(head)->sqh_first, (head)->sqh_first->field.sqe_next);                        \
        if (!(head)->sqh_first) {                                                                  \
            (head)->sqh_last = &(head)->sqh_first;                                                 \
        }                                                                                          \
    } while (0)

#define QSIMPLEQ_FOREACH_RCU(var, head, field)                                                     \
    for ((var) = qatomic_rcu_read(&(head)->sqh_first); (var);                                      \
         (var) = qatomic_rcu_read(&(var)->field.sqe_next))

#define QTAILQ_EMPTY_RCU(head)      (qatomic_read(&(head)->tqh_first) == NULL)
#define QTAILQ_FIRST_RCU(head)      (qatomic_rcu_read(&(head)->tqh_first))
#define QTAILQ_NEXT_RCU(elm, field) (qatomic_rcu_read(&(elm)->field.tqe_next))

#define QTAILQ_INSERT_HEAD_RCU(head, elm, field)                                                   \
    do {                                                                                           \
        (elm)->field.tqe_next = (head)->tqh_first;                                                 \
        if ((elm)->field.tqe_next) {                                                               \
            (elm)->field.tqe_next->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;               \
        } else {                                                                                   \
            (head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                    \
        }                                                                                          \
        (elm)->field.tqe_circ.tql_prev = &(head)->tqh_circ;                                        \
        qatomic_rcu_set(&(head)->tqh_first, (elm));                                                \
    } while (0)

#define QTAILQ_INSERT_TAIL_RCU(head, elm, field)                                                   \
    do {                                                                                           \
        (elm)->field.tqe_next = NULL;                                                              \
        (elm)->field.tqe_circ.tql_prev = (head)->tqh_circ.tql_prev;                                \
        qatomic_rcu_set(&(head)->tqh_circ.tql_prev->tql_next, (void *)(elm));                      \
        (head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                        \
    } while (0)

#define QTAILQ_INSERT_AFTER_RCU(head, listelm, elm, field)                                         \
    do {                                                                                           \
        (elm)->field.tqe_next = (listelm)->field.tqe_next;                                         \
        if ((elm)->field.tqe_next) {                                                               \
            (elm)->field.tqe_next->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;               \
        } else {                                                                                   \
            (head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                    \
        }                                                                                          \
        (elm)->field.tqe_circ.tql_prev = &(listelm)->field.tqe_circ;                               \
        qatomic_rcu_set(&(listelm)->field.tqe_next, (elm));                                        \
    } while (0)

#define QTAILQ_INSERT_BEFORE_RCU(listelm, elm, field)                                              \
    do {                                                                                           \
        (elm)->field.tqe_circ.tql_prev = (listelm)->field.tqe_circ.tql_prev;                       \
        (elm)->field.tqe_next = (listelm);                                                         \
        qatomic_rcu_set(&(listelm)->field.tqe_circ.tql_prev->tql_next, (void *)(elm));             \
        (listelm)->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;                               \
    } while (0)

#define QTAILQ_REMOVE_RCU(head, elm, field)                                                        \
    do {                                                                                           \
        if ((elm)->field.tqe_next) {                                                               \
            (elm)->field.tqe_next->field.tqe_circ.tql_prev = (elm)->field.tqe_circ.tql_prev;       \
        } else {                                                                                   \
            (head)->tqh_circ.tql_prev = (elm)->field.tqe_circ.tql_prev;                            \
        }                                                                                          \
        qatomic_set(&(elm)->field.tqe_circ.tql_prev->tql_next, (void *)(elm)->field.tqe_next);     \
        (elm)->field.tqe_circ.tql_prev = NULL;                                                     \
    } while (0)

#define QTAILQ_FOREACH_RCU(var, head, field)                                                       \
    for ((var) = qatomic_rcu_read(&(head)->tqh_first); (var);                                      \
         (var) = qatomic_rcu_read(&(var)->field.tqe_next))
#define QTAILQ_FOREACH_SAFE_RCU(var, head, field, next)                                            \
    for ((var) = qatomic_rcu_read(&(head)->tqh_first);                                             \
         (var) && ((next) = qatomic_rcu_read(&(var)->field.tqe_next), 1); (var) = (next))

#define QSLIST_FIRST_RCU(head)      (qatomic_rcu_read(&(head)->slh_first))
#define QSLIST_NEXT_RCU(elm, field) (qatomic_rcu_read(&(elm)->field.sle_next))

#define QSLIST_INSERT_HEAD_RCU(head, elm, field)                                                   \
    do {                                                                                           \
        (elm)->field.sle_next = (head)->slh_first;                                                 \
        qatomic_rcu_set(&(head)->slh_first, (elm));                                                \
    } while (0)

#define QSLIST_FOREACH_RCU(var, head, field)                                                       \
    for ((var) = qatomic_rcu_read(&(head)->slh_first); (var);                                      \
         (var) = qatomic_rcu_read(&(var)->field.sle_next))

#endif
