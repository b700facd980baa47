/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building of ACPI tables and of the AML byte code in them (ACPI 6.5, chapters
 * 5, 6.4 and 20).
 *
 * Every function that takes an Aml consumes it: a term is part of one other
 * term, or is written out with aml_emit(). Names are ASL paths ("\\_SB.PCI0",
 * "^LNKA"); segments shorter than four characters are padded. All of this is
 * plain computation without locks, for trusted input: names and sizes come from
 * our own code and are asserted.
 */
#ifndef HW_ACPI_AML_BUILD_H
#define HW_ACPI_AML_BUILD_H

#include "qemu/osdep.h"
#include "hw/acpi/bios-linker-loader.h"

typedef struct Aml Aml;

/* ---- life ---- */

/* A list of terms without anything around it. */
Aml *aml_list_new(void);
void aml_free(Aml *term);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Aml, aml_free)
/* Appends the bytes of @term to @out (of uint8_t) and frees it. */
void aml_emit(Aml *term, GArray *out);
/* @child becomes the next term in @parent. */
void aml_append(Aml *parent, Aml *child);

/* ---- data ---- */

Aml *aml_name(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
Aml *aml_int(uint64_t value); /* shortest form */
Aml *aml_string(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
Aml *aml_eisaid(const char *id); /* "PNP0A03" */
Aml *aml_touuid(const char *uuid);
Aml *aml_buffer(size_t size, const uint8_t *bytes); /* @bytes NULL: zeros */
Aml *aml_package(uint8_t num_elements);
Aml *aml_arg(unsigned n);
Aml *aml_local(unsigned n);
Aml *aml_debug(void);

/* ---- named objects ---- */

Aml *aml_name_decl(const char *name, Aml *value);
Aml *aml_alias(const char *source, const char *alias);
Aml *aml_scope(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
Aml *aml_device(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
/* Declared for old operating systems; IDs above 255 take a device ACPI0007. */
Aml *aml_processor(uint8_t id, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
Aml *aml_power_resource(const char *name, uint8_t system_level, uint16_t order);
Aml *aml_mutex(const char *name, uint8_t sync_level);

typedef enum { AML_NOTSERIALIZED, AML_SERIALIZED } AmlSerializeFlag;
Aml *aml_method(const char *name, unsigned num_args, AmlSerializeFlag flag);

typedef enum { AML_SYSTEM_MEMORY, AML_SYSTEM_IO, AML_PCI_CONFIG } AmlRegionSpace;
Aml *aml_operation_region(const char *name, AmlRegionSpace space, Aml *offset, uint64_t length);

typedef enum {
    AML_ANY_ACC,
    AML_BYTE_ACC,
    AML_WORD_ACC,
    AML_DWORD_ACC,
    AML_QWORD_ACC,
    AML_BUFFER_ACC
} AmlAccessType;
typedef enum { AML_NOLOCK, AML_LOCK } AmlLockRule;
typedef enum { AML_PRESERVE, AML_WRITE_AS_ONES, AML_WRITE_AS_ZEROS } AmlUpdateRule;
Aml *aml_field(const char *region, AmlAccessType access, AmlLockRule lock, AmlUpdateRule update);
/* Members of a field; @bits wide. */
Aml *aml_named_field(const char *name, unsigned bits);
Aml *aml_reserved_field(unsigned bits);
/* @name becomes a field of @size bytes (1, 2, 4, 8) at byte @index of buffer @source. */
Aml *aml_create_field(Aml *source, Aml *index, unsigned size, const char *name);

/* ---- statements ---- */

Aml *aml_if(Aml *predicate);
Aml *aml_else(void);
Aml *aml_while(Aml *predicate);
Aml *aml_break(void);
Aml *aml_return(Aml *value);
Aml *aml_notify(Aml *object, Aml *value);
Aml *aml_sleep(uint64_t ms);
Aml *aml_acquire(Aml *mutex, uint16_t timeout_ms);
Aml *aml_release(Aml *mutex);
/* Call of @method with the @n terms that follow. */
Aml *aml_call(const char *method, unsigned n, ...);

/* ---- expressions; a NULL @dst keeps the result as value only ---- */

Aml *aml_store(Aml *value, Aml *target);
Aml *aml_add(Aml *a, Aml *b, Aml *dst);
Aml *aml_subtract(Aml *a, Aml *b, Aml *dst);
Aml *aml_multiply(Aml *a, Aml *b, Aml *dst);
Aml *aml_divide(Aml *a, Aml *b, Aml *remainder, Aml *quotient);
Aml *aml_and(Aml *a, Aml *b, Aml *dst);
Aml *aml_or(Aml *a, Aml *b, Aml *dst);
Aml *aml_xor(Aml *a, Aml *b, Aml *dst);
Aml *aml_shiftleft(Aml *a, Aml *count, Aml *dst);
Aml *aml_shiftright(Aml *a, Aml *count, Aml *dst);
Aml *aml_concatenate(Aml *a, Aml *b, Aml *dst);
Aml *aml_index(Aml *object, Aml *index);
Aml *aml_increment(Aml *a);
Aml *aml_decrement(Aml *a);
Aml *aml_lnot(Aml *a);
Aml *aml_land(Aml *a, Aml *b);
Aml *aml_lor(Aml *a, Aml *b);
Aml *aml_equal(Aml *a, Aml *b);
Aml *aml_lgreater(Aml *a, Aml *b);
Aml *aml_lless(Aml *a, Aml *b);
Aml *aml_sizeof(Aml *a);
Aml *aml_object_type(Aml *a);
/* @length bytes of a buffer from @start on. */
Aml *aml_mid(Aml *buffer, Aml *start, Aml *length, Aml *dst);
Aml *aml_refof(Aml *a);
Aml *aml_derefof(Aml *a);
Aml *aml_tointeger(Aml *a, Aml *dst);
Aml *aml_tobuffer(Aml *a, Aml *dst);

/* ---- resource templates (ACPI 6.5, 6.4) ---- */

Aml *aml_resource_template(void);

typedef enum { AML_DECODE10, AML_DECODE16 } AmlIODecode;
Aml *aml_io(AmlIODecode decode, uint16_t min, uint16_t max, uint8_t align, uint8_t length);
Aml *aml_irq_no_flags(uint8_t irq);

typedef enum { AML_COMPATIBILITY, AML_TYPEA, AML_TYPEB, AML_TYPEF } AmlDmaType;
typedef enum { AML_NOTBUSMASTER, AML_BUSMASTER } AmlDmaBusMaster;
typedef enum { AML_TRANSFER8, AML_TRANSFER8_16, AML_TRANSFER16 } AmlTransferSize;
Aml *aml_dma(AmlDmaType type, AmlDmaBusMaster bm, AmlTransferSize size, uint8_t channel);

typedef enum { AML_PRODUCER, AML_CONSUMER } AmlConsumerAndProducer;
typedef enum { AML_LEVEL, AML_EDGE } AmlLevelAndEdge;
typedef enum { AML_ACTIVE_HIGH, AML_ACTIVE_LOW } AmlActiveHighAndLow;
typedef enum { AML_EXCLUSIVE, AML_SHARED, AML_EXCLUSIVE_AND_WAKE, AML_SHARED_AND_WAKE } AmlShared;
Aml *aml_interrupt(AmlConsumerAndProducer role, AmlLevelAndEdge mode, AmlActiveHighAndLow polarity,
                   AmlShared sharing, const uint32_t *irqs, uint8_t count);

typedef enum { AML_READ_ONLY, AML_READ_WRITE } AmlReadAndWrite;
Aml *aml_memory32_fixed(uint32_t address, uint32_t size, AmlReadAndWrite rw);

typedef enum {
    AML_NON_CACHEABLE,
    AML_CACHEABLE,
    AML_WRITE_COMBINING,
    AML_PREFETCHABLE
} AmlCacheable;
/* Address spaces that a host bridge passes on: fixed ranges, positive decoding. */
Aml *aml_word_bus_number(uint16_t min, uint16_t max);
Aml *aml_word_io(uint16_t min, uint16_t max);
Aml *aml_dword_memory(AmlCacheable cache, AmlReadAndWrite rw, uint32_t min, uint32_t max);
Aml *aml_qword_memory(AmlCacheable cache, AmlReadAndWrite rw, uint64_t min, uint64_t max);

/* ---- tables ---- */

/* @value in @size bytes, little endian, at the end of @table. */
void build_append_int_noprefix(GArray *table, uint64_t value, int size);
/* @str in @max bytes, filled with @pad. */
void build_append_padded_str(GArray *table, const char *str, size_t max, char pad);

/* Generic address structure (5.2.3.2). */
typedef enum { AML_AS_SYSTEM_MEMORY = 0, AML_AS_SYSTEM_IO = 1 } AmlAddressSpace;
void build_append_gas(GArray *table, AmlAddressSpace space, uint8_t bit_width, uint8_t bit_offset,
                      uint8_t access_width, uint64_t address);

/* One system description table while it is written; in @array from table_offset on. */
typedef struct AcpiTable {
    const char *sig;
    uint8_t rev;
    const char *oem_id, *oem_table_id;

    GArray *array;
    unsigned table_offset;
} AcpiTable;

/* Header of a table at the end of @array. What is appended until acpi_table_end() is its body. */
void acpi_table_begin(AcpiTable *desc, GArray *array);
/* Fills in the length and has the firmware compute the checksum. */
void acpi_table_end(BIOSLinker *linker, AcpiTable *desc);

/*
 * The number @name, for firmware to add an address to: first in a table, and in its longest form.
 * Its place in @table.
 */
unsigned acpi_table_append_address(GArray *table, const char *name);

#define ACPI_BUILD_TABLE_FILE  "etc/acpi/tables"
#define ACPI_BUILD_RSDP_FILE   "etc/acpi/rsdp"
#define ACPI_BUILD_LOADER_FILE "etc/table-loader"

#endif
