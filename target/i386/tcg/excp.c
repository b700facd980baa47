/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raising exceptions and combining them. SDM volume 3, 6.15 (tables 6-4, 6-5).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/excp.h"
#include "target/i386/tcg/svm-vmcb.h"
#include "target/i386/tcg/svm.h"

/*
 * The translator keeps part of the state elsewhere while its code runs; this
 * puts it back before an instruction is left. NULL without a translator.
 */
void (*x86_leave_hook)(CPUX86State *env);

static G_NORETURN void leave(CPUX86State *env)
{
    if (x86_leave_hook) {
        x86_leave_hook(env);
    }
    siglongjmp(env_cpu(env)->jmp_env, 1);
}

static G_NORETURN void raise_with(CPUX86State *env, int vector, uint32_t error_code, int is_int,
                                  uint64_t next_eip)
{
    env_cpu(env)->exception_index = vector;
    env->error_code = error_code;
    env->exception_has_error_code = !is_int && x86_vector_has_error_code(vector);
    env->exception_is_int = is_int;
    env->exception_next_eip = next_eip;
    leave(env);
}

void raise_exception(CPUX86State *env, int vector)
{
    raise_with(env, vector, 0, 0, 0);
}

void raise_exception_err(CPUX86State *env, int vector, uint32_t error_code)
{
    raise_with(env, vector, error_code, 0, 0);
}

void x86_raise_soft_int(CPUX86State *env, int vector, uint64_t next_eip)
{
    raise_with(env, vector, 0, 1, next_eip);
}

void x86_raise_int1(CPUX86State *env, uint64_t next_eip)
{
    raise_with(env, EXCP01_DB, 0, 2, next_eip);
}

void x86_raise_debug(CPUX86State *env, uint64_t dr6)
{
    env->dr[6] = (env->dr[6] & ~0xfull) | dr6;
    raise_with(env, EXCP01_DB, 0, 0, 0);
}

void x86_raise_page_fault(CPUX86State *env, uint64_t cr2, uint32_t error_code)
{
    env->svm.fault_address = cr2;
    if (!(env->hflags & HF_GUEST) || !x86_svm_intercepts(env, SVM_EXIT_EXCEPTION + EXCP0E_PAGE)) {
        env->cr[2] = cr2;
    }
    raise_with(env, EXCP0E_PAGE, error_code, 0, 0);
}

void x86_restart_insn(CPUX86State *env)
{
    env_cpu(env)->exception_index = -1;
    leave(env);
}

void x86_exit_with(CPUX86State *env, int excp)
{
    env_cpu(env)->exception_index = excp;
    leave(env);
}

static bool is_contributory(int vector)
{
    return vector == EXCP00_DIVZ || (vector >= EXCP0A_TSS && vector <= EXCP0D_GPF) ||
           vector == EXCP15_CP;
}

int x86_combine_exceptions(CPUX86State *env, int vector, uint32_t *error_code)
{
    int first = env->old_exception;
    bool second_counts = is_contributory(vector);

    if (first == EXCP08_DBLE && (second_counts || vector == EXCP0E_PAGE)) {
        return -1;
    }
    if ((is_contributory(first) && second_counts) ||
        (first == EXCP0E_PAGE && (second_counts || vector == EXCP0E_PAGE))) {
        *error_code = 0;
        return EXCP08_DBLE;
    }
    return vector;
}
