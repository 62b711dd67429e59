-- name:    prepare_seal_session
-- purpose: keep the sealer's statements on look-ups by index, whatever the statistics say, and its commits off the disk
-- params:  none
-- effect:  this session finds rows by index and joins two lists of numbers by hashing; tiles that a crash of the server
--          takes back are made again from the rows
-- caller:  Sealer, once a session
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET jit = off;
SET synchronous_commit = off;
