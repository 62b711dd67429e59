-- name:    copy_stream_heads
-- purpose: the last version of every stream
-- params:  none
-- effect:  none
-- caller:  HistoryReading, in a REPEATABLE READ transaction
COPY (SELECT country_code, stream, version FROM stream_heads) TO STDOUT (FORMAT binary)
