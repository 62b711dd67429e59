-- name:    prepare_relay_session
-- purpose: keep the relay's statements on the plans that they were measured with, whatever the statistics say
-- params:  none
-- effect:  this session joins by index and plans once: the tables are empty when it starts and have millions of rows
--          later, and one batch is always a few thousand index look-ups
-- caller:  RelayLane, once a session
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET jit = off;
SET plan_cache_mode = force_generic_plan;
