/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What devices ask about KVM (system/kvm.h), by itself: tests of devices link no more. */
#include "qemu/osdep.h"
#include "system/kvm.h"

bool kvm_allowed;
bool kvm_kernel_irqchip, kvm_split_irqchip;
bool kvm_halt_in_kernel_allowed;
bool kvm_eventfds_allowed, kvm_irqfds_allowed, kvm_resamplefds_allowed;
bool kvm_msi_via_irqfd_allowed, kvm_gsi_routing_allowed, kvm_readonly_mem_allowed;
KVMState *kvm_state;
