-- name:    count_seal_tiles
-- purpose: how many tiles each level of a shard's tree has without a gap
-- params:  $1 shard smallint
-- effect:  none; a row a level that has tiles
-- index:   seal_tiles_pkey (shard, level, tile), all of the shard's: one entry for 256 events
-- caller:  TileStore, when a shard is taken over
SELECT level, count(*) FILTER (WHERE tile = place) AS tiles
FROM (
    SELECT level, tile, row_number() OVER (PARTITION BY level ORDER BY tile) - 1 AS place
    FROM seal_tiles
    WHERE shard = $1
) AS numbered
GROUP BY level
ORDER BY level
