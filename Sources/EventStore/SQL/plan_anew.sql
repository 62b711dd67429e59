-- name:    plan_anew
-- purpose: plan the question that follows for what it asks, not for every question: which parts of the history it can
--          leave out depends on its country and its times
-- params:  none
-- effect:  holds until the transaction ends
-- caller:  AuditReader
SET LOCAL plan_cache_mode = force_custom_plan
