/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattened device trees (Devicetree Specification 0.4, chapter 5): nodes are begun and ended in
 * order, properties come before a node's children. Any thread, one at a time for each tree.
 */
#ifndef HW_FDT_H
#define HW_FDT_H

typedef struct FdtBuilder FdtBuilder;

FdtBuilder *fdt_new(void);
/* The name of the root is empty. */
void fdt_begin_node(FdtBuilder *fdt, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
void fdt_end_node(FdtBuilder *fdt);

void fdt_prop_empty(FdtBuilder *fdt, const char *name);
void fdt_prop_string(FdtBuilder *fdt, const char *name, const char *value);
void fdt_prop_bytes(FdtBuilder *fdt, const char *name, const void *data, size_t size);
/* @n numbers of 32 bits each. */
void fdt_prop_cells(FdtBuilder *fdt, const char *name, const uint32_t *cells, size_t n);
#define FDT_PROP_CELLS(fdt, name, ...)                                                             \
    fdt_prop_cells(fdt, name, (const uint32_t[]){__VA_ARGS__},                                     \
                   sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* The tree, whose root must have been ended; frees @fdt. */
GByteArray *fdt_finish(FdtBuilder *fdt);

#endif
