-- name:    read_stamped_reach
-- purpose: the first and the last position of each shard in one snapshot, by the stamps alone
-- params:  none
-- effect:  none; a row a shard that has a stamp
-- index:   outbox_stamps_pkey, read from both ends
-- caller:  HistoryReading
SELECT shards.shard,
       (SELECT s.first_position FROM outbox_stamps s WHERE s.shard = shards.shard
        ORDER BY s.first_position LIMIT 1) AS first,
       (SELECT s.last_position FROM outbox_stamps s WHERE s.shard = shards.shard
        ORDER BY s.first_position DESC LIMIT 1) AS last
FROM generate_series(0, 6) AS shards (shard)
