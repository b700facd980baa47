/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a term is held while it is built. */
#ifndef HW_ACPI_AML_INTERNAL_H
#define HW_ACPI_AML_INTERNAL_H

#include "hw/acpi/aml-build.h"

/* What goes around the body when the term is complete. */
typedef enum AmlForm {
    AML_FORM_PLAIN,    /* nothing: opcode and operands are in the body */
    AML_FORM_PACKAGE,  /* opcode, PkgLength */
    AML_FORM_TEMPLATE, /* a buffer that ends with an end tag */
} AmlForm;

struct Aml {
    AmlForm form;
    uint8_t op[2];
    uint8_t op_len;
    GByteArray *body;
};

/* A plain term that begins with opcode @op (0x5bxx: extended); and one with PkgLength. */
Aml *aml_term(unsigned op);
Aml *aml_block(unsigned op);

void aml_put(Aml *term, const void *bytes, size_t len);
void aml_put_int(Aml *term, uint64_t value, int size); /* little endian */
void aml_put_name(Aml *term, const char *path);
/* As a PkgLength; @self: the length counts its own bytes. */
void aml_put_pkg_length(GByteArray *out, uint32_t length, bool self);

#endif
