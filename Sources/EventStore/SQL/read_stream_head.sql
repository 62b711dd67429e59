-- name:    read_stream_head
-- purpose: the version that a stream has now, for an append that needs nothing else of it
-- params:  $1 country text · $2 stream text
-- effect:  none; one row, none where the stream does not exist
-- index:   stream_heads_pkey (country_code, stream)
-- caller:  OperationsLog
SELECT version FROM stream_heads WHERE country_code = $1 AND stream = $2
