/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three-phase reset of a tree of objects.
 *
 *   enter  set state to its reset value; touch nobody else, no side effects
 *   hold   now everyone is in reset: drive outputs (irq levels, memory maps)
 *   exit   reset is over: start what runs by itself
 *
 * Each phase runs over the whole tree, children before their parent, before the
 * next one starts. Reset is a level: an object that several hold in reset leaves
 * it with the last one. An implementation that overrides a phase of its parent
 * class calls it (resettable_class_set_parent_phases).
 */
#ifndef HW_RESETTABLE_H
#define HW_RESETTABLE_H

#include "qom/object.h"

#define TYPE_RESETTABLE_INTERFACE "resettable"

typedef struct ResettableClass ResettableClass;
typedef struct ResettableState ResettableState;
DECLARE_CLASS_CHECKERS(ResettableClass, RESETTABLE, TYPE_RESETTABLE_INTERFACE)

/*
 * COLD: power-on state. SNAPSHOT_LOAD: before a saved state overwrites
 * everything; may skip what costs. WAKEUP: leaving S3; memory keeps its
 * contents.
 */
typedef enum ResetType {
    RESET_TYPE_COLD,
    RESET_TYPE_SNAPSHOT_LOAD,
    RESET_TYPE_WAKEUP,
} ResetType;

typedef void (*ResettableEnterPhase)(Object *obj, ResetType type);
typedef void (*ResettableHoldPhase)(Object *obj, ResetType type);
typedef void (*ResettableExitPhase)(Object *obj, ResetType type);
typedef ResettableState *(*ResettableGetState)(Object *obj);
typedef void (*ResettableChildCallback)(Object *obj, void *opaque, ResetType type);
typedef void (*ResettableChildForeach)(Object *obj, ResettableChildCallback cb, void *opaque,
                                       ResetType type);

typedef struct ResettablePhases {
    ResettableEnterPhase enter;
    ResettableHoldPhase hold;
    ResettableExitPhase exit;
} ResettablePhases;

struct ResettableClass {
    InterfaceClass parent_class;

    ResettablePhases phases; /* all optional */
    ResettableGetState get_state;
    ResettableChildForeach child_foreach; /* optional */
};

struct ResettableState {
    unsigned count;          /* how many hold it in reset */
    bool hold_phase_pending; /* entered, hold not run yet */
    bool exit_phase_in_progress;
};

/* Assert and release at once. */
void resettable_reset(Object *obj, ResetType type);
void resettable_assert_reset(Object *obj, ResetType type);
void resettable_release_reset(Object *obj, ResetType type);
bool resettable_is_in_reset(Object *obj);

/*
 * @obj moves from @oldp to @newp (each may be NULL): takes part in the new
 * parent's reset, no longer in the old one's.
 */
void resettable_change_parent(Object *obj, Object *newp, Object *oldp);

/* In class_init: sets phases (NULL: keep the parent's) and stores the parent's in @parent_phases.
 */
void resettable_class_set_parent_phases(ResettableClass *rc, ResettableEnterPhase enter,
                                        ResettableHoldPhase hold, ResettableExitPhase exit,
                                        ResettablePhases *parent_phases);

#endif /* HW_RESETTABLE_H */
