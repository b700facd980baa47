/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is not there yet, by the names that command lines have for it. */
#include "qemu/osdep.h"
#include "qemu/missing-part.h"

typedef struct MissingPart {
    const char *part;  /* "there is no ... in this emulator yet" */
    const char *names; /* patterns, separated by blanks */
} MissingPart;

static const MissingPart options[] = {
    {"network", "netdev bootp redir smb tftp"},
    {"USB", "usb usbdevice"},
    {"display", "vnc spice full-screen k sdl curses alt-grab ctrl-grab no-quit no-frame"},
    {"sound card", "audio soundhw"},
    {"folder sharing", "fsdev virtfs"},
    {"TPM", "tpmdev"},
    {"SD card", "sd"},
    {"flash memory of type MTD", "mtdblock"},
    {"interface for plugins", "plugin"},
    {"list of what a saved state has", "dump-vmstate"},
    {"iSCSI", "iscsi"},
    {"output for perf", "perfmap jitdump"},
    {"profile of locks", "enable-sync-profile"},
    {"shim before kernels", "shim"},
    {"Xen", "xen-*"},
    {"help for the installation of Windows 2000", "win2k-hack"},
    {NULL},
};

static const MissingPart devices[] = {
    {"USB", "usb-* u2f-* ccid-card-* *-uhci* *-ehci* *-xhci *-ohci"},
    {"network",
     "virtio-net* vhost-user-net* e1000* i825* i82801 igb ne2k_* pcnet rocker rtl8139 tulip "
     "vmxnet3"},
    {"graphics card", "VGA *-vga *-vga-* qxl virtio-gpu* vhost-user-gpu* vmware-svga ramfb "
                      "bochs-display i2c-ddc"},
    {"sound card", "AC97 ac97 ES1370 es1370 adlib cs4231a gus sb16 hda-* intel-hda ich9-intel-hda "
                   "virtio-sound* vhost-user-snd*"},
    {"TPM", "tpm-*"},
    {"folder sharing", "virtio-9p* vhost-user-fs*"},
    {"device of another process (vhost)", "vhost-* vfio-user-* x-pci-proxy-dev"},
    {"access to the host's devices (VFIO)", "vfio-*"},
    {"IOMMU", "intel-iommu amd-iommu AMDVI-PCI virtio-iommu*"},
    {"SCSI controller but virtio-scsi", "lsi* megasas* mptsas* pvscsi am53c974 dc390"},
    {"Xen", "xen-*"},
    {"CXL", "cxl-* pxb-cxl"},
    {"CAN bus", "kvaser_pci pcm3680_pci mioe3680_pci ctucan_pci"},
    {"IPMI", "ipmi-* isa-ipmi-* pci-ipmi-* smbus-ipmi"},
    {"SD card", "sd-card* sdhci-pci emmc"},
    {"UFS", "ufs ufs-lu"},
    {"VMBus", "vmbus-bridge hv-balloon hv-syndbg"},
    {"such device", "acpi-erst edu guest-loader hyperv-testdev i2c-echo ide-cf iommu-testdev "
                    "ipoctal232 isa-applesmc isa-ide nitro-* pci-bridge-seat sp-mem tpci200 "
                    "uefi-vars-* virtio-input-host* virtio-rtc* vmclock"},
    {NULL},
};

static const MissingPart objects[] = {
    {"network", "filter-* colo-compare"},
    {"CAN bus", "can-*"},
    {"encryption of a guest's memory", "sev-* tdx-guest"},
    {"D-Bus", "dbus-vmstate"},
    {"device of another process (vhost)",
     "cryptodev-vhost-user x-remote-object x-vfio-user-server"},
    {"access to the host's devices (VFIO)", "iommufd"},
    {"CXL", "acpi-generic-port"},
    {"such object", "input-barrier monitor-* qtest"},
    {NULL},
};

static const MissingPart block_drivers[] = {
    {"NBD", "nbd nbd+*"},
    {"SSH", "ssh"},
    {"HTTP", "http https"},
    {"FTP", "ftp ftps"},
    {"iSCSI", "iscsi iscsi+* iser"},
    {"NFS", "nfs"},
    {"Ceph (RBD)", "rbd"},
    {"GlusterFS", "gluster gluster+*"},
    {"access to the host's devices (VFIO)", "nvme nvme-io_uring virtio-blk-vfio-pci"},
    {"access to disks of other processes", "virtio-blk-vhost-* io_uring"},
    {"disk made from a folder", "fat vvfat"},
    {"recording and replaying of executions", "blkreplay"},
    {"replication to another host", "replication"},
    {"such image format", "bochs cloop dmg parallels qcow qed"},
    {NULL},
};

static const MissingPart chardevs[] = {
    {"display", "vc vc:* spicevmc spiceport spiceurl qemu-vdagent dbus"},
    {"mouse or tablet on a serial port", "msmouse wctablet"},
    {"Braille display", "braille"},
    {"such back end", "testdev"},
    {NULL},
};

static const MissingPart audiodevs[] = {
    {"sound through the host", "alsa coreaudio dbus dsound jack oss pa pipewire sdl sndio"},
    {"display", "spice"},
    {NULL},
};

static const MissingPart displays[] = {
    {"display", "cocoa curses dbus* egl-headless* gtk* sdl* spice-app* vnc*"},
    {NULL},
};

static const MissingPart graphics[] = {
    {"graphics card", "ati cirrus qxl std virtio vmware"},
    {NULL},
};

static const MissingPart machine_properties[] = {
    {"CXL", "cxl cxl-fmw*"},
    {"SGX", "sgx-epc*"},
    {NULL},
};

static const MissingPart networks[] = {
    {"network", "*"},
    {NULL},
};

static const MissingPart *const tables[] = {
    [MISSING_OPTION] = options,   [MISSING_DEVICE] = devices,
    [MISSING_OBJECT] = objects,   [MISSING_BLOCK_DRIVER] = block_drivers,
    [MISSING_CHARDEV] = chardevs, [MISSING_AUDIODEV] = audiodevs,
    [MISSING_DISPLAY] = displays, [MISSING_GRAPHICS] = graphics,
    [MISSING_NETWORK] = networks, [MISSING_MACHINE_PROPERTY] = machine_properties,
};

static bool matches(const char *patterns, const char *name)
{
    g_auto(GStrv) list = g_strsplit(patterns, " ", 0);

    for (int i = 0; list[i]; i++) {
        if (g_pattern_match_simple(list[i], name)) {
            return true;
        }
    }
    return false;
}

bool missing_part_error(MissingKind kind, const char *name, Error **errp)
{
    for (const MissingPart *p = tables[kind]; p->part; p++) {
        if (matches(p->names, name)) {
            error_setg(errp, "%s%s: there is no %s in this emulator yet",
                       kind == MISSING_OPTION ? "-" : "", name, p->part);
            return true;
        }
    }
    return false;
}
