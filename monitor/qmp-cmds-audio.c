/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about sound. */

#include "qemu/osdep.h"
#include "audio/audio.h"
#include "qapi/qapi-commands-audio.h"

AudiodevList *qmp_query_audiodevs(Error **errp)
{
    return audio_be_list();
}
