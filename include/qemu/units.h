/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binary multiples, so that sizes read as in a data sheet: 4 * MiB. */
#ifndef QEMU_UNITS_H
#define QEMU_UNITS_H

#define KiB (INT64_C(1) << 10)
#define MiB (INT64_C(1) << 20)
#define GiB (INT64_C(1) << 30)
#define TiB (INT64_C(1) << 40)
#define PiB (INT64_C(1) << 50)
#define EiB (INT64_C(1) << 60)

/* Plain numbers, where a macro is needed in assembly or a preprocessor condition. */
#define S_1KiB 1024
#define S_1MiB 1048576
#define S_1GiB 1073741824

#endif
