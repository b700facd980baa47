/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fw_cfg items that come from the command line (-fw_cfg, -option-rom, -boot).
 * Main thread, BQL held, when the machine is built.
 */
#ifndef HW_NVRAM_FW_CFG_OPTIONS_H
#define HW_NVRAM_FW_CFG_OPTIONS_H

#include "hw/boards.h"
#include "hw/nvram/fw_cfg.h"
#include "qobject/qdict.h"

/* Objects that -fw_cfg gen_id= can name: they generate the content of a file. */
#define TYPE_FW_CFG_DATA_GENERATOR_INTERFACE "fw_cfg-data-generator"
typedef struct FWCfgDataGeneratorClass FWCfgDataGeneratorClass;
DECLARE_CLASS_CHECKERS(FWCfgDataGeneratorClass, FW_CFG_DATA_GENERATOR,
                       TYPE_FW_CFG_DATA_GENERATOR_INTERFACE)

struct FWCfgDataGeneratorClass {
    InterfaceClass parent_class;

    /* NULL and @errp on failure. */
    GByteArray *(*get_data)(Object *obj, Error **errp);
};

/* One -fw_cfg: "name", and one of "file", "string" and "gen_id". */
bool fw_cfg_add_option(FWCfgState *s, const QDict *keys, Error **errp);
/* One -option-rom: "romfile", and maybe "bootindex". */
bool fw_cfg_add_option_rom(FWCfgState *s, const QDict *keys, Error **errp);
/* -boot: menu, splash picture, waiting times; the order of devices, renewed at each reset. */
void fw_cfg_add_boot(FWCfgState *s, MachineState *machine);

#endif
