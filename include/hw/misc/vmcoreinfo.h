/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's kernel says about itself for dumps of its memory. */
#ifndef HW_MISC_VMCOREINFO_H
#define HW_MISC_VMCOREINFO_H

#include "qom/object.h"

#define TYPE_VMCOREINFO "vmcoreinfo"
OBJECT_DECLARE_SIMPLE_TYPE(VMCoreInfoState, VMCOREINFO)

/*
 * Where the guest has put its ELF note, a guest's physical address that is to be distrusted.
 * false: there is no such device, or the guest did not use it. BQL held.
 */
bool vmcoreinfo_get_note(uint64_t *addr, uint32_t *size);

#endif
