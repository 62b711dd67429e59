-- name:    was_sealed
-- purpose: whether anything is kept of a shard's tree, so that there was a head of it once, or nearly
-- params:  $1 shard smallint
-- effect:  none; one row
-- index:   seal_edges_pkey (shard), seal_tiles_pkey (shard, level, tile)
-- caller:  TileStore, when a shard is taken over that has no head in the log
SELECT EXISTS (SELECT FROM seal_edges WHERE shard = $1) OR EXISTS (SELECT FROM seal_tiles WHERE shard = $1)
