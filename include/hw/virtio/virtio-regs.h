/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of the Virtual I/O Device specification 1.3 (OASIS). Chapter numbers
 * in comments are of that document.
 */
#ifndef HW_VIRTIO_VIRTIO_REGS_H
#define HW_VIRTIO_VIRTIO_REGS_H

/* Device status (2.1). */
#define VIRTIO_CONFIG_S_ACKNOWLEDGE 0x01
#define VIRTIO_CONFIG_S_DRIVER      0x02
#define VIRTIO_CONFIG_S_DRIVER_OK   0x04
#define VIRTIO_CONFIG_S_FEATURES_OK 0x08
#define VIRTIO_CONFIG_S_NEEDS_RESET 0x40
#define VIRTIO_CONFIG_S_FAILED      0x80

/* Feature bits that are no device's own (6). */
#define VIRTIO_F_NOTIFY_ON_EMPTY   24 /* legacy */
#define VIRTIO_F_ANY_LAYOUT        27 /* legacy */
#define VIRTIO_F_INDIRECT_DESC     28
#define VIRTIO_F_EVENT_IDX         29
#define VIRTIO_F_BAD_FEATURE       30 /* legacy: set by drivers that do not negotiate */
#define VIRTIO_F_VERSION_1         32
#define VIRTIO_F_ACCESS_PLATFORM   33
#define VIRTIO_F_RING_PACKED       34
#define VIRTIO_F_IN_ORDER          35
#define VIRTIO_F_ORDER_PLATFORM    36
#define VIRTIO_F_SR_IOV            37
#define VIRTIO_F_NOTIFICATION_DATA 38
#define VIRTIO_F_NOTIF_CONFIG_DATA 39
#define VIRTIO_F_RING_RESET        40
#define VIRTIO_LEGACY_FEATURES                                                                     \
    ((1ULL << VIRTIO_F_NOTIFY_ON_EMPTY) | (1ULL << VIRTIO_F_ANY_LAYOUT) |                          \
     (1ULL << VIRTIO_F_BAD_FEATURE))
/* First and last bit that belong to the ring and transport, not to the device type. */
#define VIRTIO_TRANSPORT_F_START 28
#define VIRTIO_TRANSPORT_F_END   41

/* Interrupt status (4.1.4.5, 4.2.2). */
#define VIRTIO_ISR_QUEUE  0x1
#define VIRTIO_ISR_CONFIG 0x2

/* Descriptors (2.7.5, 2.8.13). */
#define VRING_DESC_F_NEXT     0x0001
#define VRING_DESC_F_WRITE    0x0002
#define VRING_DESC_F_INDIRECT 0x0004
#define VRING_PACKED_F_AVAIL  0x0080
#define VRING_PACKED_F_USED   0x8000
#define VRING_DESC_SIZE       16

/* Split ring: available flags, used flags (2.7.6, 2.7.8). */
#define VRING_AVAIL_F_NO_INTERRUPT 1
#define VRING_USED_F_NO_NOTIFY     1

/* Packed ring: event suppression structures (2.8.14). */
#define VRING_PACKED_EVENT_ENABLE  0
#define VRING_PACKED_EVENT_DISABLE 1
#define VRING_PACKED_EVENT_DESC    2
#define VRING_PACKED_EVENT_WRAP    15

/* Device types (5). */
#define VIRTIO_ID_NET     1
#define VIRTIO_ID_BLOCK   2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_RNG     4
#define VIRTIO_ID_BALLOON 5
#define VIRTIO_ID_SCSI    8
#define VIRTIO_ID_INPUT   18
#define VIRTIO_ID_CRYPTO  20
#define VIRTIO_ID_MEM     24
#define VIRTIO_ID_PMEM    27

#endif
