/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Object "tls-cipher-suites": the list that firmware offers when it boots over HTTPS, in the order
 * of the host's policy. OVMF reads it from etc/edk2/https/ciphers (-fw_cfg gen_id=).
 */

#include "qemu/osdep.h"
#include "crypto/tlscreds.h"
#include "hw/nvram/fw_cfg-options.h"

#define TYPE_TLS_CIPHER_SUITES "tls-cipher-suites"

static GByteArray *get_data(Object *obj, Error **errp)
{
    return qcrypto_tls_creds_cipher_suites(QCRYPTO_TLS_CREDS(obj), errp);
}

static void cipher_suites_class_init(ObjectClass *oc, const void *data)
{
    FW_CFG_DATA_GENERATOR_CLASS(oc)->get_data = get_data;
}

static const TypeInfo cipher_suites_types[] = {
    {
        .name = TYPE_TLS_CIPHER_SUITES,
        .parent = TYPE_QCRYPTO_TLS_CREDS,
        .class_init = cipher_suites_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_FW_CFG_DATA_GENERATOR_INTERFACE}, {}},
    },
};

DEFINE_TYPES(cipher_suites_types)
