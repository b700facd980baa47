/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coroutines over makecontext(3), for hosts without a stack switch of their
 * own. Since swapcontext() saves the signal mask with a system call, it is used
 * only to begin; from then on it is sigsetjmp() and siglongjmp().
 */
#include "qemu/osdep.h"
#include <setjmp.h>
#include <ucontext.h>
#include "qemu/coroutine-tls.h"
#include "qemu/coroutine_int.h"
#include "coroutine-fiber.h"

typedef struct CoroutineUContext {
    Coroutine base;
    void *stack;
    size_t stack_size;
    sigjmp_buf env;
    /* For AddressSanitizer. */
    const void *fiber_bottom;
    size_t fiber_size;
    void *fake_stack;
} CoroutineUContext;

QEMU_DEFINE_STATIC_CO_TLS(Coroutine *, current)
QEMU_DEFINE_STATIC_CO_TLS(CoroutineUContext, leader)

/* makecontext() passes ints: a pointer is two of them. */
typedef union CoPointer {
    void *p;
    int i[2];
} CoPointer;

typedef struct StartArg {
    CoroutineUContext *co;
    sigjmp_buf *creator;
    void *fake_stack; /* the creator's */
} StartArg;

/* Who enters may be a thread's leader, whose stack we did not make. */
static void note_stack(Coroutine *co, const void *bottom, size_t size)
{
    CoroutineUContext *uco = container_of(co, CoroutineUContext, base);

    uco->fiber_bottom = bottom;
    uco->fiber_size = size;
}

static void coroutine_start(int i0, int i1)
{
    CoPointer arg = {.i = {i0, i1}};
    StartArg *start = arg.p;
    CoroutineUContext *self = start->co;
    const void *bottom = NULL;
    size_t size = 0;

    fiber_switch_end(NULL, &bottom, &size);
    /* Go back to the creator until somebody enters. */
    if (!sigsetjmp(self->env, 0)) {
        fiber_switch_begin(&self->fake_stack, bottom, size);
        siglongjmp(*start->creator, 1);
    }
    fiber_switch_end(self->fake_stack, &bottom, &size);
    note_stack(self->base.caller, bottom, size);
    coroutine_trampoline(&self->base);
}

Coroutine *qemu_coroutine_new(void)
{
    CoroutineUContext *co = g_new0(CoroutineUContext, 1);
    ucontext_t old_uc, uc;
    sigjmp_buf creator;
    StartArg start = {.co = co, .creator = &creator};
    CoPointer arg = {.p = &start};
    const void *bottom = NULL;
    size_t size = 0;

    co->stack_size = COROUTINE_STACK_SIZE;
    co->stack = qemu_alloc_stack(&co->stack_size);
    co->fiber_bottom = co->stack;
    co->fiber_size = co->stack_size;

    getcontext(&uc);
    uc.uc_link = &old_uc;
    uc.uc_stack.ss_sp = co->stack;
    uc.uc_stack.ss_size = co->stack_size;
    uc.uc_stack.ss_flags = 0;
    makecontext(&uc, (void (*)(void))coroutine_start, 2, arg.i[0], arg.i[1]);

    if (!sigsetjmp(creator, 0)) {
        fiber_switch_begin(&start.fake_stack, co->stack, co->stack_size);
        swapcontext(&old_uc, &uc);
    }
    fiber_switch_end(start.fake_stack, &bottom, &size);
    return &co->base;
}

void qemu_coroutine_delete(Coroutine *base)
{
    CoroutineUContext *co = container_of(base, CoroutineUContext, base);

    qemu_free_stack(co->stack, co->stack_size);
    g_free(co);
}

CoroutineAction QEMU_NOINLINE qemu_coroutine_switch(Coroutine *from_, Coroutine *to_,
                                                    CoroutineAction action)
{
    CoroutineUContext *from = container_of(from_, CoroutineUContext, base);
    CoroutineUContext *to = container_of(to_, CoroutineUContext, base);
    const void *bottom = NULL;
    size_t size = 0;
    int ret;

    set_current(to_);
    ret = sigsetjmp(from->env, 0);
    if (ret == 0) {
        fiber_switch_begin(&from->fake_stack, to->fiber_bottom, to->fiber_size);
        siglongjmp(to->env, action);
    }
    fiber_switch_end(from->fake_stack, &bottom, &size);
    if (ret == COROUTINE_ENTER) {
        note_stack(from_->caller, bottom, size);
    }
    return ret;
}

Coroutine *qemu_coroutine_self(void)
{
    Coroutine *self = get_current();

    if (unlikely(!self)) {
        self = &get_ptr_leader()->base;
        set_current(self);
    }
    return self;
}

bool qemu_in_coroutine(void)
{
    Coroutine *self = get_current();

    return self && self->caller;
}
