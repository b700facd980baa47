/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doubly mapped memory for generated code.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "target/i386/tcg/codebuf.h"

bool x86_codebuf_init(X86CodeBuf *b, size_t size, const char **why)
{
    size_t page = sysconf(_SC_PAGESIZE);
    int fd = memfd_create("translated-code", MFD_CLOEXEC);

    memset(b, 0, sizeof(*b));
    size = (size + page - 1) & ~(page - 1);
    if (fd < 0 || ftruncate(fd, size) < 0) {
        *why = "memfd_create for generated code failed";
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    void *rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void *rx = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    close(fd);
    if (rw == MAP_FAILED || rx == MAP_FAILED) {
        *why = "mapping generated code executable was refused";
        if (rw != MAP_FAILED) {
            munmap(rw, size);
        }
        if (rx != MAP_FAILED) {
            munmap(rx, size);
        }
        return false;
    }
    *b = (X86CodeBuf){.rw = rw, .rx = rx, .size = size};
    return true;
}

void x86_codebuf_destroy(X86CodeBuf *b)
{
    if (b->rw) {
        munmap(b->rw, b->size);
        munmap(b->rx, b->size);
    }
    memset(b, 0, sizeof(*b));
}
