-- name:    prefer_indexes
-- purpose: make the statements of this transaction find their rows by index, whatever the tables' statistics say
--
-- Their plans are generic and are made at a session's first batches, maybe on tables that are still empty: a scan or
-- a hash over a whole table looks cheapest there, is kept, and is ruinous an hour later. With these settings each
-- statement is planned once a session, as a nested loop over an index.
-- effect:  settings of this transaction alone, so it works behind any pooler; about 15 us a batch
-- caller:  BatchReader, CalendarApplier
SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_bitmapscan', 'off', true), set_config('enable_material', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);
