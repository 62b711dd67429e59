-- name:    prefer_index_order
-- purpose: make the statement of this transaction walk an index in its order, whatever the tables' statistics say
--
-- Its plan is generic, as it runs several times a second and planning costs more than running. A session makes it at
-- its first runs, on documents that nobody may have analysed yet: reading all of them and sorting looks cheapest there,
-- is kept, and took both cores of a machine with 500,000 documents. Where there is no other way it still sorts.
-- params:  none
-- effect:  settings of this transaction alone, so it works behind any pooler
-- caller:  PostgresSearchEngine
SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('jit', 'off', true)
