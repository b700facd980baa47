/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three-phase reset; see the header for what the phases mean.
 *
 * Asserting runs enter over the whole tree, then hold over the whole tree;
 * releasing runs exit. An object under reset from two sides runs its phases for
 * the first who asserts and the last who releases.
 */
#include "qemu/osdep.h"
#include "hw/resettable.h"

/* More holders than buses can be above a device mean a cycle in the tree. */
#define RESET_COUNT_MAX 128

/* Exit phases in progress: nothing may be asserted from inside them. */
static unsigned exit_phase_in_progress;

static ResettableState *reset_state(Object *obj)
{
    return RESETTABLE_GET_CLASS(obj)->get_state(obj);
}

static void for_children(Object *obj, ResettableChildCallback cb, ResetType type)
{
    ResettableClass *rc = RESETTABLE_GET_CLASS(obj);

    if (rc->child_foreach) {
        rc->child_foreach(obj, cb, NULL, type);
    }
}

static void phase_enter(Object *obj, void *opaque, ResetType type)
{
    ResettableClass *rc = RESETTABLE_GET_CLASS(obj);
    ResettableState *s = reset_state(obj);

    g_assert(!s->exit_phase_in_progress);
    g_assert(s->count < RESET_COUNT_MAX);
    s->count++;
    for_children(obj, phase_enter, type);
    if (s->count == 1) {
        if (rc->phases.enter) {
            rc->phases.enter(obj, type);
        }
        s->hold_phase_pending = true;
    }
}

static void phase_hold(Object *obj, void *opaque, ResetType type)
{
    ResettableClass *rc = RESETTABLE_GET_CLASS(obj);
    ResettableState *s = reset_state(obj);

    for_children(obj, phase_hold, type);
    if (s->hold_phase_pending) {
        s->hold_phase_pending = false;
        if (rc->phases.hold) {
            rc->phases.hold(obj, type);
        }
    }
}

static void phase_exit(Object *obj, void *opaque, ResetType type)
{
    ResettableClass *rc = RESETTABLE_GET_CLASS(obj);
    ResettableState *s = reset_state(obj);

    g_assert(!s->exit_phase_in_progress);
    s->exit_phase_in_progress = true;
    for_children(obj, phase_exit, type);
    g_assert(s->count > 0);
    if (--s->count == 0 && rc->phases.exit) {
        rc->phases.exit(obj, type);
    }
    s->exit_phase_in_progress = false;
}

void resettable_assert_reset(Object *obj, ResetType type)
{
    g_assert(!exit_phase_in_progress);
    phase_enter(obj, NULL, type);
    phase_hold(obj, NULL, type);
}

void resettable_release_reset(Object *obj, ResetType type)
{
    exit_phase_in_progress++;
    phase_exit(obj, NULL, type);
    exit_phase_in_progress--;
}

void resettable_reset(Object *obj, ResetType type)
{
    resettable_assert_reset(obj, type);
    resettable_release_reset(obj, type);
}

bool resettable_is_in_reset(Object *obj)
{
    return reset_state(obj)->count > 0;
}

void resettable_change_parent(Object *obj, Object *newp, Object *oldp)
{
    unsigned new_count = newp ? reset_state(newp)->count : 0;
    unsigned old_count = oldp ? reset_state(oldp)->count : 0;

    /*
     * Be held as often as the new parent is. Assert first, so that a move from
     * one parent in reset to another does not leave reset in between.
     */
    for (unsigned i = 0; i < new_count; i++) {
        resettable_assert_reset(obj, RESET_TYPE_COLD);
    }
    for (unsigned i = 0; i < old_count; i++) {
        resettable_release_reset(obj, RESET_TYPE_COLD);
    }
}

void resettable_class_set_parent_phases(ResettableClass *rc, ResettableEnterPhase enter,
                                        ResettableHoldPhase hold, ResettableExitPhase exit,
                                        ResettablePhases *parent_phases)
{
    *parent_phases = rc->phases;
    if (enter) {
        rc->phases.enter = enter;
    }
    if (hold) {
        rc->phases.hold = hold;
    }
    if (exit) {
        rc->phases.exit = exit;
    }
}

static const TypeInfo resettable_types[] = {
    {
        .name = TYPE_RESETTABLE_INTERFACE,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(ResettableClass),
    },
};
DEFINE_TYPES(resettable_types)
