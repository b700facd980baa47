/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HW_I386_KVM_CLOCK_H
#define HW_I386_KVM_CLOCK_H

/*
 * Makes the device that keeps the guests' kvmclock right over stops and
 * migration. Machines call it once under KVM, after CPUs exist.
 */
void kvmclock_create(void);

#endif
