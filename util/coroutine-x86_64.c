/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Coroutines over the stack switch of coroutine-x86_64.S. */
#include "qemu/osdep.h"
#include "qemu/coroutine-tls.h"
#include "qemu/coroutine_int.h"
#include "coroutine-fiber.h"

typedef struct CoroutineX86 {
    Coroutine base;
    void *sp; /* while it does not run */
    void *stack;
    size_t stack_size;
    /* For AddressSanitizer; of the leader, filled in when it first switches. */
    const void *fiber_bottom;
    size_t fiber_size;
    void *tsan_fiber;
} CoroutineX86;

/* Callee-saved registers as the switch pops them, and where it returns to. */
typedef struct InitialFrame {
    uint64_t r15, r14, r13, r12, rbx, rbp;
    void (*rip)(void);
} InitialFrame;

int coroutine_x86_64_switch(void **save_sp, void *new_sp, int action);
void coroutine_x86_64_start(void);

QEMU_DEFINE_STATIC_CO_TLS(Coroutine *, current)
/* Stands for the thread itself outside of coroutines. */
QEMU_DEFINE_STATIC_CO_TLS(CoroutineX86, leader)

/* Who enters may be a thread's leader, whose stack we did not make. */
static void note_stack(Coroutine *co, const void *bottom, size_t size)
{
    CoroutineX86 *x86 = container_of(co, CoroutineX86, base);

    x86->fiber_bottom = bottom;
    x86->fiber_size = size;
}

static void coroutine_main(void *opaque)
{
    CoroutineX86 *self = opaque;
    const void *bottom = NULL;
    size_t size = 0;

    fiber_switch_end(NULL, &bottom, &size);
    note_stack(self->base.caller, bottom, size);
    coroutine_trampoline(&self->base);
}

/* So that the first switch to it begins coroutine_main() with a 16-byte aligned stack. */
static void set_up_stack(CoroutineX86 *co)
{
    char *top = (char *)co->stack + co->stack_size;
    InitialFrame *frame = (InitialFrame *)(top - 16 - sizeof(InitialFrame));

    *frame = (InitialFrame){
        .r12 = (uintptr_t)coroutine_main,
        .rbx = (uintptr_t)co,
        .rip = coroutine_x86_64_start,
    };
    co->sp = frame;
}

Coroutine *qemu_coroutine_new(void)
{
    CoroutineX86 *co = g_new0(CoroutineX86, 1);

    co->stack_size = COROUTINE_STACK_SIZE;
    co->stack = qemu_alloc_stack(&co->stack_size);
    co->fiber_bottom = co->stack;
    co->fiber_size = co->stack_size;
    co->tsan_fiber = tsan_fiber_new();
    set_up_stack(co);
    return &co->base;
}

void qemu_coroutine_delete(Coroutine *base)
{
    CoroutineX86 *co = container_of(base, CoroutineX86, base);

    tsan_fiber_free(co->tsan_fiber);
    qemu_free_stack(co->stack, co->stack_size);
    g_free(co);
}

/* Not inlined: the thread may be another one after the switch. */
CoroutineAction QEMU_NOINLINE qemu_coroutine_switch(Coroutine *from_, Coroutine *to_,
                                                    CoroutineAction action)
{
    CoroutineX86 *from = container_of(from_, CoroutineX86, base);
    CoroutineX86 *to = container_of(to_, CoroutineX86, base);
    void *fake_stack = NULL;
    const void *bottom = NULL;
    size_t size = 0;
    int ret;

    set_current(to_);
    fiber_switch_begin(&fake_stack, to->fiber_bottom, to->fiber_size);
    tsan_fiber_switch(&from->tsan_fiber, to->tsan_fiber);
    ret = coroutine_x86_64_switch(&from->sp, to->sp, action);
    fiber_switch_end(fake_stack, &bottom, &size);
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
