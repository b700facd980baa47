/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integer operations of the interpreter whose effects depend on the mode: stack,
 * branches, decimal adjustment, string instructions that fault or pause.
 */
#include "qemu/osdep.h"
#include "x86-interp-env.h"

#define STACK 0x3000

static unsigned parse_hex(const char *hex, uint8_t *out)
{
    unsigned n = 0;

    for (; *hex; hex += 2) {
        while (*hex == ' ') {
            hex++;
        }
        out[n++] = g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]);
    }
    return n;
}

/* Offset of test_mem in the address space that segments of @mode span. */
static uint64_t base_of(TestMode mode)
{
    return mode == TEST_16 ? 0 : (uintptr_t)test_mem;
}

static CPUX86State *begin(TestMode mode)
{
    CPUX86State *env = test_env_new(mode);

    env->eip = 0x1000;
    env->regs[R_ESP] = base_of(mode) + STACK;
    return env;
}

static int run(CPUX86State *env, const char *hex)
{
    uint8_t code[16];
    unsigned len = parse_hex(hex, code);
    DecodedInsn d;

    return test_exec(env, code, len, &d);
}

static uint64_t stack_word(unsigned offset, unsigned size)
{
    return x86_host_ld(test_mem + offset, size);
}

static void test_push_pop(void)
{
    CPUX86State *env = begin(TEST_64);

    env->regs[R_EAX] = 0x1122334455667788;
    g_assert_cmpint(run(env, "50"), ==, -1);
    g_assert_cmphex(stack_word(STACK - 8, 8), ==, 0x1122334455667788);
    g_assert_cmphex(env->regs[R_ESP], ==, base_of(TEST_64) + STACK - 8);
    run(env, "66 50");
    g_assert_cmphex(stack_word(STACK - 10, 2), ==, 0x7788);
    run(env, "66 59");
    run(env, "54"); /* push rsp: the value before */
    g_assert_cmphex(stack_word(STACK - 16, 8), ==, base_of(TEST_64) + STACK - 8);
    run(env, "5c"); /* pop rsp */
    g_assert_cmphex(env->regs[R_ESP], ==, base_of(TEST_64) + STACK - 8);
    run(env, "8f 44 24 08"); /* pop [rsp+8]: RSP after the pop */
    g_assert_cmphex(stack_word(STACK + 8, 8), ==, 0x1122334455667788);
    run(env, "6a ff");
    g_assert_cmphex(stack_word(STACK - 8, 8), ==, UINT64_MAX);
    env->regs[R_ESP] = 0x10;
    g_assert_cmpint(run(env, "8f 00"), ==, EXCP0E_PAGE);
    g_assert_cmphex(env->regs[R_ESP], ==, 0x10);
    test_env_free(env);

    env = begin(TEST_16);
    env->regs[R_ESP] = 0xabcd0000; /* wraps in 16 bits, keeps the rest */
    env->regs[R_EAX] = 0x12345678;
    g_assert_cmpint(run(env, "50"), ==, EXCP0E_PAGE);
    g_assert_cmphex(env->regs[R_ESP], ==, 0xabcd0000);
    env->regs[R_ESP] = 0xabcd3000;
    run(env, "66 50");
    g_assert_cmphex(env->regs[R_ESP], ==, 0xabcd2ffc);
    g_assert_cmphex(stack_word(0x2ffc, 4), ==, 0x12345678);
    test_env_free(env);
}

static void test_pusha_popa(void)
{
    CPUX86State *env = begin(TEST_32);
    uint64_t esp = env->regs[R_ESP];

    for (int i = 0; i < 8; i++) {
        env->regs[i] = i == R_ESP ? esp : 0x100 + i;
    }
    g_assert_cmpint(run(env, "60"), ==, -1);
    g_assert_cmphex(env->regs[R_ESP], ==, esp - 32);
    g_assert_cmphex(stack_word(STACK - 20, 4), ==, esp);
    g_assert_cmphex(stack_word(STACK - 32, 4), ==, 0x107);
    memset(env->regs, 0, 4 * sizeof(env->regs[0]));
    env->regs[R_EDI] = 0;
    g_assert_cmpint(run(env, "61"), ==, -1);
    g_assert_cmphex(env->regs[R_ESP], ==, esp);
    g_assert_cmphex(env->regs[R_EAX], ==, 0x100);
    g_assert_cmphex(env->regs[R_EDI], ==, 0x107);

    env->regs[R_ESP] = (uintptr_t)test_mem + 16; /* half of it would fault: none is stored */
    x86_host_st(test_mem + 12, 0x55, 4);
    g_assert_cmpint(run(env, "60"), ==, EXCP0E_PAGE);
    g_assert_cmphex(stack_word(12, 4), ==, 0x55);
    test_env_free(env);
}

static void test_enter_leave(void)
{
    CPUX86State *env = begin(TEST_64);
    uint64_t rsp = env->regs[R_ESP];

    env->regs[R_EBP] = 0x1234;
    g_assert_cmpint(run(env, "c8 20 00 00"), ==, -1);
    g_assert_cmphex(env->regs[R_EBP], ==, rsp - 8);
    g_assert_cmphex(env->regs[R_ESP], ==, rsp - 8 - 0x20);
    g_assert_cmphex(stack_word(STACK - 8, 8), ==, 0x1234);
    run(env, "c9");
    g_assert_cmphex(env->regs[R_EBP], ==, 0x1234);
    g_assert_cmphex(env->regs[R_ESP], ==, rsp);

    env->regs[R_EBP] = (uintptr_t)test_mem + 0x1008; /* level 2 copies one frame pointer */
    x86_host_st(test_mem + 0x1000, 0xf00d, 8);
    g_assert_cmpint(run(env, "c8 00 00 02"), ==, -1);
    g_assert_cmphex(stack_word(STACK - 16, 8), ==, 0xf00d);
    g_assert_cmphex(stack_word(STACK - 24, 8), ==, rsp - 8);
    g_assert_cmphex(env->regs[R_EBP], ==, rsp - 8);
    g_assert_cmphex(env->regs[R_ESP], ==, rsp - 24);

    env->regs[R_ESP] = (uintptr_t)test_mem + 0x100; /* the new top is outside */
    g_assert_cmpint(run(env, "c8 00 10 00"), ==, EXCP0E_PAGE);
    g_assert_cmphex(env->regs[R_ESP], ==, (uintptr_t)test_mem + 0x100);
    test_env_free(env);
}

static void test_branches(void)
{
    CPUX86State *env = begin(TEST_64);
    uint64_t rsp = env->regs[R_ESP];

    env->eip = 0x400000;
    g_assert_cmpint(run(env, "e8 10 00 00 00"), ==, -1);
    g_assert_cmphex(env->next_eip, ==, 0x400015);
    g_assert_cmphex(stack_word(STACK - 8, 8), ==, 0x400005);
    g_assert_cmpint(run(env, "c2 08 00"), ==, -1);
    g_assert_cmphex(env->next_eip, ==, 0x400005);
    g_assert_cmphex(env->regs[R_ESP], ==, rsp + 8);

    env->regs[R_EAX] = 1ull << 47;
    g_assert_cmpint(run(env, "ff e0"), ==, EXCP0D_GPF);
    rsp = env->regs[R_ESP];
    g_assert_cmpint(run(env, "ff d0"), ==, EXCP0D_GPF);
    g_assert_cmphex(env->regs[R_ESP], ==, rsp);

    env->regs[R_ECX] = 0x100000001;
    g_assert_cmpint(run(env, "67 e2 10"), ==, -1); /* ECX: 1 to 0 */
    g_assert_cmphex(env->next_eip, ==, 0x400003);
    g_assert_cmphex(env->regs[R_ECX], ==, 0);
    g_assert_cmpint(run(env, "e3 10"), ==, -1);
    g_assert_cmphex(env->next_eip, ==, 0x400012);
    env->eflags = EFLAGS_FIXED | CC_S;
    run(env, "7c 05");
    g_assert_cmphex(env->next_eip, ==, 0x400007);
    run(env, "7d 05");
    g_assert_cmphex(env->next_eip, ==, 0x400002);
    test_env_free(env);

    env = begin(TEST_16);
    env->eip = 0xfff0;
    g_assert_cmpint(run(env, "eb 20"), ==, -1);
    g_assert_cmphex(env->next_eip, ==, 0x12);
    g_assert_cmpint(run(env, "66 e9 20 00 00 00"), ==, EXCP0D_GPF); /* beyond the limit */
    env->regs[R_ECX] = 0x10000;
    g_assert_cmpint(run(env, "e2 05"), ==, -1); /* CX: 0 to FFFF */
    g_assert_cmphex(env->regs[R_ECX], ==, 0x1ffff);
    test_env_free(env);
}

static void test_flags_on_stack(void)
{
    CPUX86State *env = begin(TEST_64);

    env->eflags = EFLAGS_FIXED | IF_MASK | RF_MASK | CC_C;
    run(env, "9c");
    g_assert_cmphex(stack_word(STACK - 8, 8), ==, EFLAGS_FIXED | IF_MASK | CC_C);
    x86_host_st(test_mem + STACK - 8, IOPL_MASK | CC_Z | AC_MASK | VIF_MASK, 8);
    run(env, "9d"); /* CPL 3, IOPL 0: neither IF nor IOPL change, VIF never */
    g_assert_cmphex(env->eflags, ==, EFLAGS_FIXED | IF_MASK | CC_Z | AC_MASK);
    env->hflags &= ~HF_CPL_MASK;
    env->regs[R_ESP] -= 8;
    x86_host_st(test_mem + STACK - 8, IOPL_MASK, 8);
    run(env, "9d");
    g_assert_cmphex(env->eflags, ==, EFLAGS_FIXED | IOPL_MASK);
    test_env_free(env);

    /* virtual-8086 mode */
    env = begin(TEST_16);
    env->hflags |= HF_VM;
    env->eflags = EFLAGS_FIXED | VM_MASK | VIF_MASK;
    g_assert_cmpint(run(env, "9c"), ==, EXCP0D_GPF);
    env->cr[4] = CR4_VME_MASK;
    g_assert_cmpint(run(env, "9c"), ==, -1);
    g_assert_cmphex(stack_word(STACK - 2, 2), ==, EFLAGS_FIXED | IOPL_MASK | IF_MASK);
    g_assert_cmpint(run(env, "66 9c"), ==, EXCP0D_GPF);
    x86_host_st(test_mem + STACK - 2, 0, 2);
    g_assert_cmpint(run(env, "9d"), ==, -1);
    g_assert_cmphex(env->eflags, ==, EFLAGS_FIXED | VM_MASK);
    env->eflags |= VIP_MASK;
    env->regs[R_ESP] -= 2;
    x86_host_st(test_mem + STACK - 2, IF_MASK, 2);
    g_assert_cmpint(run(env, "9d"), ==, EXCP0D_GPF);
    test_env_free(env);
}

static void test_decimal(void)
{
    static const struct {
        const char *hex;
        unsigned ax, flags, want_ax, want_flags, mask;
    } cases[] = {
        {"27", 0x3b, 0, 0x41, CC_A | CC_P, CC_ALL & ~CC_O},
        {"27", 0x9a, 0, 0x00, CC_A | CC_C | CC_Z | CC_P, CC_ALL & ~CC_O},
        {"27", 0x12, CC_C, 0x72, CC_C | CC_P, CC_ALL & ~CC_O},
        {"2f", 0xee, CC_C, 0x88, CC_A | CC_C | CC_S | CC_P, CC_ALL & ~CC_O},
        {"2f", 0x05, CC_A, 0xff, CC_A | CC_C | CC_S | CC_P, CC_ALL & ~CC_O},
        {"37", 0x000b, 0, 0x0101, CC_A | CC_C, CC_A | CC_C},
        {"37", 0x00fa, 0, 0x0200, CC_A | CC_C, CC_A | CC_C},
        {"37", 0x0105, 0, 0x0105, 0, CC_A | CC_C},
        {"3f", 0x0203, CC_A, 0x000d, CC_A | CC_C, CC_A | CC_C},
        {"d4 0a", 0x00ff, 0, 0x1905, CC_P, CC_S | CC_Z | CC_P},
        {"d5 0a", 0x0205, 0, 0x0019, 0, CC_S | CC_Z | CC_P},
        {"d6", 0x1200, CC_C, 0x12ff, CC_C, CC_ALL},
    };
    CPUX86State *env = begin(TEST_32);

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        env->regs[R_EAX] = cases[i].ax;
        env->eflags = EFLAGS_FIXED | cases[i].flags;
        g_test_message("%s of %x", cases[i].hex, cases[i].ax);
        g_assert_cmpint(run(env, cases[i].hex), ==, -1);
        g_assert_cmphex(env->regs[R_EAX], ==, cases[i].want_ax);
        g_assert_cmphex(env->eflags & cases[i].mask, ==, cases[i].want_flags);
    }
    g_assert_cmpint(run(env, "d4 00"), ==, EXCP00_DIVZ);
    test_env_free(env);
}

static void test_bound(void)
{
    CPUX86State *env = begin(TEST_32);

    x86_host_st(test_mem, -5, 4);
    x86_host_st(test_mem + 4, 10, 4);
    env->regs[R_EBX] = (uintptr_t)test_mem;
    env->regs[R_EAX] = 10;
    g_assert_cmpint(run(env, "62 03"), ==, -1);
    env->regs[R_EAX] = 0xfffffffb;
    g_assert_cmpint(run(env, "62 03"), ==, -1);
    env->regs[R_EAX] = 11;
    g_assert_cmpint(run(env, "62 03"), ==, EXCP05_BOUND);
    test_env_free(env);
}

/* A fault in the middle leaves the registers at the element that faulted. */
static void test_rep_fault(void)
{
    CPUX86State *env = begin(TEST_64);

    for (int direct = 0; direct < 2; direct++) {
        test_direct = direct;
        env->regs[R_ESI] = (uintptr_t)test_mem;
        env->regs[R_EDI] = (uintptr_t)test_mem + TEST_MEM_SIZE - 64;
        env->regs[R_ECX] = 100;
        env->eip = 0x1000;
        do {
            env->next_eip = 0;
        } while (run(env, "f3 a4") == -1 && env->next_eip == env->eip);
        g_assert_cmpint(env->regs[R_ECX], ==, 36);
        g_assert_cmphex(env->regs[R_ESI], ==, (uintptr_t)test_mem + 64);
        g_assert_cmphex(env->regs[R_EDI], ==, (uintptr_t)test_mem + TEST_MEM_SIZE);
    }
    test_env_free(env);
}

/* Long repeats give control back in between; single-stepping does so after each element. */
static void test_rep_pause(void)
{
    CPUX86State *env = begin(TEST_64);

    test_direct = false;
    env->regs[R_EDI] = (uintptr_t)test_mem;
    env->regs[R_ECX] = 4000;
    g_assert_cmpint(run(env, "f3 aa"), ==, -1);
    g_assert_cmphex(env->next_eip, ==, env->eip);
    g_assert_cmpint(env->regs[R_ECX], >, 0);
    g_assert_cmpint(env->regs[R_ECX], <, 4000);
    g_assert_cmphex(env->regs[R_EDI] + env->regs[R_ECX], ==, (uintptr_t)test_mem + 4000);

    test_direct = true;
    env->hflags |= HF_TF;
    env->regs[R_ECX] = 2;
    g_assert_cmpint(run(env, "f3 aa"), ==, -1);
    g_assert_cmpint(env->regs[R_ECX], ==, 1);
    g_assert_cmphex(env->next_eip, ==, env->eip);
    g_assert_cmpint(run(env, "f3 aa"), ==, -1);
    g_assert_cmphex(env->next_eip, ==, env->eip + 2);
    test_env_free(env);
}

/* 16-bit addresses wrap, and the segment limit is checked per element. */
static void test_rep_16(void)
{
    CPUX86State *env = begin(TEST_16);

    test_direct = true;
    env->segs[R_ES].limit = 0x1003;
    env->regs[R_EDI] = 0xffff1000;
    env->regs[R_ECX] = 0xffff0008;
    env->regs[R_EAX] = 0x77;
    while (run(env, "f3 aa") == -1 && env->next_eip == env->eip) {
    }
    g_assert_cmphex(env->regs[R_EDI], ==, 0xffff1004);
    g_assert_cmphex(env->regs[R_ECX], ==, 0xffff0004);
    g_assert_cmphex(test_mem[0x1003], ==, 0x77);
    g_assert_cmphex(test_mem[0x1004], ==, 0);
    test_env_free(env);
}

static void test_overlap(void)
{
    CPUX86State *env = begin(TEST_64);

    for (int direct = 0; direct < 2; direct++) {
        test_direct = direct;
        memcpy(test_mem, "abc", 4);
        env->regs[R_ESI] = (uintptr_t)test_mem;
        env->regs[R_EDI] = (uintptr_t)test_mem + 3;
        env->regs[R_ECX] = 9;
        g_assert_cmpint(run(env, "f3 a4"), ==, -1);
        g_assert_cmpmem(test_mem, 12, "abcabcabcabc", 12);
    }
    test_env_free(env);
}

static void test_misc(void)
{
    CPUX86State *env = begin(TEST_64);

    run(env, "0f 31");
    g_assert_cmphex(env->regs[R_EAX], ==, 0x56789abc);
    g_assert_cmphex(env->regs[R_EDX], ==, 0x1234);
    env->cr[4] = CR4_TSD_MASK;
    g_assert_cmpint(run(env, "0f 31"), ==, EXCP0D_GPF);
    env->regs[R_EAX] = 0xdead000000000007;
    env->regs[R_ECX] = 1;
    run(env, "0f a2");
    g_assert_cmphex(env->regs[R_EAX], ==, 7);
    g_assert_cmphex(env->regs[R_EBX], ==, 1);
    g_assert_cmpint(run(env, "0f 0b"), ==, EXCP06_ILLOP);
    env->regs[R_EAX] = 1;
    g_assert_cmpint(run(env, "0f ae 38"), ==, EXCP0E_PAGE); /* clflush */
    g_assert_cmpint(run(env, "0f 18 08"), ==, -1);          /* prefetch */
    memset(test_mem, 0xff, 256);
    env->regs[R_EAX] = (uintptr_t)test_mem + 70;
    run(env, "0f 01 fc"); /* clzero */
    g_assert_cmphex(test_mem[63], ==, 0xff);
    g_assert_cmphex(test_mem[64], ==, 0);
    g_assert_cmphex(test_mem[127], ==, 0);
    g_assert_cmphex(test_mem[128], ==, 0xff);
    env->regs[R_EBX] = (uintptr_t)test_mem + 64;
    env->regs[R_ECX] = (uintptr_t)test_mem + 8;
    g_assert_cmpint(run(env, "66 0f 38 f8 0b"), ==, EXCP0D_GPF); /* movdir64b: not aligned */
    env->regs[R_ECX] = (uintptr_t)test_mem + 128;
    g_assert_cmpint(run(env, "66 0f 38 f8 0b"), ==, -1);
    g_assert_cmphex(test_mem[191], ==, 0);
    g_assert_cmpint(run(env, "f0 48 0f c7 4b 08"), ==, EXCP0D_GPF); /* cmpxchg16b: not aligned */
    test_env_free(env);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/x86/interp/push-pop", test_push_pop);
    g_test_add_func("/x86/interp/pusha-popa", test_pusha_popa);
    g_test_add_func("/x86/interp/enter-leave", test_enter_leave);
    g_test_add_func("/x86/interp/branches", test_branches);
    g_test_add_func("/x86/interp/flags-on-stack", test_flags_on_stack);
    g_test_add_func("/x86/interp/decimal", test_decimal);
    g_test_add_func("/x86/interp/bound", test_bound);
    g_test_add_func("/x86/interp/rep-fault", test_rep_fault);
    g_test_add_func("/x86/interp/rep-pause", test_rep_pause);
    g_test_add_func("/x86/interp/rep-16", test_rep_16);
    g_test_add_func("/x86/interp/overlap", test_overlap);
    g_test_add_func("/x86/interp/misc", test_misc);
    return g_test_run();
}
