/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run state at the time of saving. */

#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "global-state.h"

typedef struct GlobalState {
    uint8_t runstate[32]; /* its name in QMP, padded with zeros */
    bool suspended;       /* stopped, but in S3 when it goes on */
    RunState state;       /* what the name stands for */
} GlobalState;

static GlobalState global_state = {.runstate = "running", .state = RUN_STATE_RUNNING};

void global_state_store(void)
{
    memset(global_state.runstate, 0, sizeof(global_state.runstate));
    runstate_store((char *)global_state.runstate, sizeof(global_state.runstate));
    global_state.state = runstate_get();
    global_state.suspended = vm_get_suspended();
}

RunState global_state_get_runstate(void)
{
    return global_state.state;
}

static int global_state_post_load(void *opaque, int version_id)
{
    GlobalState *s = opaque;

    if (s->runstate[sizeof(s->runstate) - 1] != '\0' ||
        !runstate_from_str((char *)s->runstate, &s->state) ||
        (!runstate_is_live(s->state) &&
         !runstate_transition_allowed(RUN_STATE_INMIGRATE, s->state) &&
         s->state != RUN_STATE_DEBUG)) {
        return -EINVAL;
    }
    vm_set_suspended(s->suspended || s->state == RUN_STATE_SUSPENDED);
    return 0;
}

static const VMStateDescription vmstate_global_state = {
    .name = "globalstate",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = global_state_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_BUFFER(runstate, GlobalState),
            VMSTATE_BOOL(suspended, GlobalState),
            VMSTATE_END_OF_LIST(),
        },
};

void register_global_state(void)
{
    vmstate_register(NULL, 0, &vmstate_global_state, &global_state);
}
