/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for generated host code. One memfd is mapped twice, writable at one
 * address and executable at another, so no page is ever both.
 */
#ifndef I386_TCG_CODEBUF_H
#define I386_TCG_CODEBUF_H

#include "qemu/osdep.h"

typedef struct X86CodeBuf {
    uint8_t *rw; /* where the emitter writes */
    uint8_t *rx; /* where the processor executes the same bytes */
    size_t size;
} X86CodeBuf;

/* Map @size bytes (rounded up to pages). False with @why set to a short reason if refused. */
bool x86_codebuf_init(X86CodeBuf *b, size_t size, const char **why);
void x86_codebuf_destroy(X86CodeBuf *b);

static inline bool x86_codebuf_contains(const X86CodeBuf *b, uintptr_t pc)
{
    return pc - (uintptr_t)b->rx < b->size;
}

#endif
