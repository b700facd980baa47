/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object "throttle-group": a group with a name and limits. Main thread. */
#include "qemu/osdep.h"
#include "block/throttle.h"
#include "qapi/qapi-visit-block-throttle.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"

#define TYPE_THROTTLE_GROUP "throttle-group"
OBJECT_DECLARE_SIMPLE_TYPE(ThrottleGroupObject, THROTTLE_GROUP)

struct ThrottleGroupObject {
    Object parent_obj;

    ThrottleConfig cfg; /* until it is complete */
    ThrottleGroup *group;
};

typedef enum LimitField { LIMIT_AVG, LIMIT_MAX, LIMIT_LENGTH, LIMIT_OP_SIZE } LimitField;

typedef struct LimitProperty {
    const char *name; /* with x- */
    ThrottleBucket bucket;
    LimitField field;
} LimitProperty;

#define LIMIT(name, bucket)                                                                        \
    {"x-" name, bucket, LIMIT_AVG}, {"x-" name "-max", bucket, LIMIT_MAX},                         \
    {                                                                                              \
        "x-" name "-max-length", bucket, LIMIT_LENGTH                                              \
    }

static const LimitProperty limit_properties[] = {
    LIMIT("iops-total", THROTTLE_OPS_TOTAL), LIMIT("iops-read", THROTTLE_OPS_READ),
    LIMIT("iops-write", THROTTLE_OPS_WRITE), LIMIT("bps-total", THROTTLE_BPS_TOTAL),
    LIMIT("bps-read", THROTTLE_BPS_READ),    LIMIT("bps-write", THROTTLE_BPS_WRITE),
    {"x-iops-size", 0, LIMIT_OP_SIZE},
};

static uint64_t *limit_field(ThrottleConfig *cfg, const LimitProperty *p)
{
    switch (p->field) {
    case LIMIT_AVG:
        return &cfg->bucket[p->bucket].avg;
    case LIMIT_MAX:
        return &cfg->bucket[p->bucket].max;
    case LIMIT_LENGTH:
        return &cfg->bucket[p->bucket].burst_length;
    default:
        return &cfg->op_size;
    }
}

/* ---- from and to the interface ---- */

#define FOR_EACH_LIMIT(DO)                                                                         \
    DO(iops_total, THROTTLE_OPS_TOTAL)                                                             \
    DO(iops_read, THROTTLE_OPS_READ)                                                               \
    DO(iops_write, THROTTLE_OPS_WRITE)                                                             \
    DO(bps_total, THROTTLE_BPS_TOTAL)                                                              \
    DO(bps_read, THROTTLE_BPS_READ)                                                                \
    DO(bps_write, THROTTLE_BPS_WRITE)

void throttle_config_from_limits(ThrottleConfig *cfg, const ThrottleLimits *l)
{
#define TAKE(name, i)                                                                              \
    cfg->bucket[i].avg = l->has_##name ? (uint64_t)l->name : cfg->bucket[i].avg;                   \
    cfg->bucket[i].max = l->has_##name##_max ? (uint64_t)l->name##_max : cfg->bucket[i].max;       \
    cfg->bucket[i].burst_length =                                                                  \
        l->has_##name##_max_length ? (uint64_t)l->name##_max_length : cfg->bucket[i].burst_length;
    FOR_EACH_LIMIT(TAKE)
#undef TAKE
    cfg->op_size = l->has_iops_size ? (uint64_t)l->iops_size : cfg->op_size;
}

void throttle_config_to_limits(const ThrottleConfig *cfg, ThrottleLimits *l)
{
#define GIVE(name, i)                                                                              \
    l->has_##name = l->has_##name##_max = l->has_##name##_max_length = true;                       \
    l->name = cfg->bucket[i].avg;                                                                  \
    l->name##_max = cfg->bucket[i].max;                                                            \
    l->name##_max_length = cfg->bucket[i].burst_length;
    FOR_EACH_LIMIT(GIVE)
#undef GIVE
    l->has_iops_size = true;
    l->iops_size = cfg->op_size;
}

static void get_limits(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ThrottleGroupObject *t = THROTTLE_GROUP(obj);
    ThrottleLimits limits = {0}, *p = &limits;
    ThrottleConfig cfg = t->cfg;

    if (t->group) {
        throttle_group_get_config(t->group, &cfg);
    }
    throttle_config_to_limits(&cfg, &limits);
    visit_type_ThrottleLimits(v, name, &p, errp);
}

static void set_limits(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ThrottleGroupObject *t = THROTTLE_GROUP(obj);
    g_autoptr(ThrottleLimits) limits = NULL;
    ThrottleConfig cfg = t->cfg;

    if (!visit_type_ThrottleLimits(v, name, &limits, errp)) {
        return;
    }
    if (t->group) {
        throttle_group_get_config(t->group, &cfg);
    }
    throttle_config_from_limits(&cfg, limits);
    if (!throttle_config_check(&cfg, errp)) {
        return;
    }
    t->cfg = cfg;
    if (t->group) {
        throttle_group_set_config(t->group, &cfg);
    }
}

static void get_limit(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ThrottleGroupObject *t = THROTTLE_GROUP(obj);
    ThrottleConfig cfg = t->cfg;
    int64_t value;

    if (t->group) {
        throttle_group_get_config(t->group, &cfg);
    }
    value = *limit_field(&cfg, opaque);
    visit_type_int64(v, name, &value, errp);
}

static void set_limit(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ThrottleGroupObject *t = THROTTLE_GROUP(obj);
    int64_t value;

    /* All together decide whether one is allowed: so only before the group is complete. */
    if (t->group) {
        error_setg(errp, "Property '%s' cannot be set after initialization: use limits", name);
        return;
    }
    if (!visit_type_int64(v, name, &value, errp)) {
        return;
    }
    if (value < 0) {
        error_setg(errp, "Property '%s' cannot be negative: %" PRId64, name, value);
        return;
    }
    *limit_field(&t->cfg, opaque) = value;
}

/* ---- the object ---- */

static void throttle_group_complete(UserCreatable *obj, Error **errp)
{
    ThrottleGroupObject *t = THROTTLE_GROUP(obj);
    const char *name = object_get_canonical_path_component(OBJECT(obj));

    if (throttle_group_exists(name)) {
        error_setg(errp, "A group called '%s' already exists", name);
        return;
    }
    if (!throttle_config_check(&t->cfg, errp)) {
        return;
    }
    t->group = throttle_group_get(name);
    throttle_group_set_config(t->group, &t->cfg);
}

static bool throttle_group_can_be_deleted(UserCreatable *obj)
{
    ThrottleGroupObject *t = THROTTLE_GROUP(obj);

    return !t->group || !throttle_group_in_use(t->group);
}

static void throttle_group_init(Object *obj)
{
    throttle_config_init(&THROTTLE_GROUP(obj)->cfg);
}

static void throttle_group_finalize(Object *obj)
{
    ThrottleGroupObject *t = THROTTLE_GROUP(obj);

    if (t->group) {
        throttle_group_put(t->group);
    }
}

static void throttle_group_class_init(ObjectClass *klass, const void *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(klass);

    ucc->complete = throttle_group_complete;
    ucc->can_be_deleted = throttle_group_can_be_deleted;
    for (size_t i = 0; i < ARRAY_SIZE(limit_properties); i++) {
        object_class_property_add(klass, limit_properties[i].name, "int", get_limit, set_limit,
                                  NULL, (void *)&limit_properties[i]);
    }
    object_class_property_add(klass, "limits", "ThrottleLimits", get_limits, set_limits, NULL,
                              NULL);
}

static const TypeInfo throttle_group_info = {
    .name = TYPE_THROTTLE_GROUP,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(ThrottleGroupObject),
    .instance_init = throttle_group_init,
    .instance_finalize = throttle_group_finalize,
    .class_init = throttle_group_class_init,
    .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
};

static void throttle_group_register(void)
{
    type_register_static(&throttle_group_info);
}

type_init(throttle_group_register)
