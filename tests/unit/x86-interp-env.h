/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CPU for the interpreter's integer operations without the rest of the target:
 * linear addresses are host addresses, faults come back as a vector.
 */
#ifndef TEST_X86_INTERP_ENV_H
#define TEST_X86_INTERP_ENV_H

#include "target/i386/tcg/interp-int.h"
#include "target/i386/tcg/decode-int.h"

/* Memory that exists, below 4 GiB; accesses elsewhere are page faults. */
#define TEST_MEM_SIZE 16384
extern uint8_t *test_mem;
/* Whether x86_mem_probe() gives out pointers. */
extern bool test_direct;
extern int test_error_code;

typedef enum TestMode { TEST_16, TEST_32, TEST_64 } TestMode;

/* A CPU at CPL 3; 16-bit segments have base test_mem and a limit of 64 KiB. */
CPUX86State *test_env_new(TestMode mode);
void test_env_free(CPUX86State *env);

/* Decodes and executes what is at @code; the vector of the exception, or -1. */
int test_exec(CPUX86State *env, const uint8_t *code, unsigned len, DecodedInsn *d);

#endif
