/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBIOS types 9, 11, 41: slots, OEM strings, on-board devices (DSP0134 3.6, 7.10, 7.12, 7.42). */

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "qemu/cutils.h"
#include "smbios-internal.h"

static unsigned number(const SmbiosOption *o, const char *key)
{
    const char *text = smbios_option_get(o, key);

    return text ? strtoul(text, NULL, 0) : 0;
}

/* Segment, bus, device and function of the PCI device that @key names. */
static bool put_pci_address(SmbiosBuilder *b, const SmbiosOption *o, const char *key, Error **errp)
{
    const char *id = smbios_option_get(o, key);
    PCIDevice *dev;
    Object *obj;

    if (!id) {
        smbios_put(b, 0xff00, 2); /* none (7.10.9) */
        smbios_put(b, 0xff, 1);
        smbios_put(b, 0xff, 1);
        return true;
    }
    obj = object_resolve_path_type(id, TYPE_PCI_DEVICE, NULL);
    if (!obj) {
        error_setg(errp, "-smbios type=%u: there is no PCI device '%s'", o->type, id);
        return false;
    }
    dev = PCI_DEVICE(obj);
    smbios_put(b, 0, 2);
    smbios_put(b, pci_dev_bus_num(dev), 1);
    smbios_put(b, dev->devfn, 1);
    return true;
}

static bool build_slot(SmbiosBuilder *b, const SmbiosOption *o, unsigned index, Error **errp)
{
    if (!smbios_begin(b, 9, 0x900 + index)) {
        return true;
    }
    smbios_put_str(b, smbios_option_get(o, "slot_designation"));
    smbios_put(b, number(o, "slot_type"), 1);
    smbios_put(b, number(o, "slot_data_bus_width"), 1);
    smbios_put(b, number(o, "current_usage"), 1);
    smbios_put(b, number(o, "slot_length"), 1);
    smbios_put(b, number(o, "slot_id"), 2);
    smbios_put(b, number(o, "slot_characteristics1"), 1);
    smbios_put(b, number(o, "slot_characteristics12"), 1);
    if (!put_pci_address(b, o, "pci_device", errp)) {
        return false;
    }
    if (b->v3) {
        smbios_put(b, 0, 2); /* data bus width, peers */
    }
    smbios_end(b);
    return true;
}

static bool build_oem_strings(SmbiosBuilder *b, Error **errp)
{
    g_autoptr(GPtrArray) options = smbios_options_of(11);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < options->len; i++) {
        const SmbiosOption *o = g_ptr_array_index(options, i);
        for (guint j = 0; j < o->fields->len; j++) {
            const SmbiosField *field = &g_array_index(o->fields, SmbiosField, j);
            if (strcmp(field->key, "type")) {
                g_ptr_array_add(texts, g_strdup(field->value));
            }
        }
    }
    if (texts->len > 255) {
        error_setg(errp, "SMBIOS type 11 has room for 255 strings, not %u", texts->len);
        return false;
    }
    if (texts->len && smbios_begin(b, 11, 0xe00)) {
        smbios_put(b, texts->len, 1);
        for (guint i = 0; i < texts->len; i++) {
            g_ptr_array_add(b->strings, g_ptr_array_index(texts, i));
        }
        smbios_end(b);
    }
    return true;
}

bool smbios_build_slots(SmbiosBuilder *b, Error **errp)
{
    g_autoptr(GPtrArray) options = smbios_options_of(9);

    for (guint i = 0; i < options->len; i++) {
        if (!build_slot(b, g_ptr_array_index(options, i), i, errp)) {
            return false;
        }
    }
    return build_oem_strings(b, errp);
}

/* Table 7.42.2, from 1 */
static const char *const onboard_kinds[] = {"other",    "unknown",   "video", "scsi",
                                            "ethernet", "tokenring", "sound", "pata",
                                            "sata",     "sas",       NULL};

static bool build_onboard_device(SmbiosBuilder *b, const SmbiosOption *o, unsigned index,
                                 Error **errp)
{
    ERRP_GUARD();
    const char *kind = smbios_option_get(o, "kind");
    const char *instance = smbios_option_get(o, "instance");
    unsigned type = 0;

    kind = kind ? kind : "other";
    while (onboard_kinds[type] && strcmp(onboard_kinds[type], kind)) {
        type++;
    }
    if (!onboard_kinds[type]) {
        g_autofree char *all = g_strjoinv(", ", (char **)onboard_kinds);
        error_setg(errp, "SMBIOS type 41: kind='%s' is not known", kind);
        error_append_hint(errp, "Accepted: %s.\n", all);
        return false;
    }
    if (!smbios_begin(b, 41, 0x2900 + index)) {
        return true;
    }
    smbios_put_str(b, smbios_option_get(o, "designation"));
    smbios_put(b, (type + 1) | 0x80, 1); /* enabled */
    smbios_put(b, instance ? strtoul(instance, NULL, 0) : 1, 1);
    if (!put_pci_address(b, o, "pcidev", errp)) {
        return false;
    }
    smbios_end(b);
    return true;
}

bool smbios_build_onboard(SmbiosBuilder *b, Error **errp)
{
    g_autoptr(GPtrArray) options = smbios_options_of(41);

    for (guint i = 0; i < options->len; i++) {
        if (!build_onboard_device(b, g_ptr_array_index(options, i), i, errp)) {
            return false;
        }
    }
    return true;
}
