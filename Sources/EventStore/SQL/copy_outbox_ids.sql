-- name:    copy_outbox_ids
-- purpose: what is committed and above P in a snapshot: the outbox of that snapshot
-- params:  none
-- effect:  none; ids ascend
-- index:   outbox_pkey or a sort, as the planner likes
-- caller:  BaselineScan, in a REPEATABLE READ transaction
COPY (SELECT outbox_id FROM outbox ORDER BY outbox_id) TO STDOUT (FORMAT binary)
