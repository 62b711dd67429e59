-- name:    read_tile_ranges
-- purpose: stored tiles of a shard's tree, ranges of them on several levels
-- params:  $1 shard bigint · $2 levels bigint[] · $3 first tiles bigint[] · $4 last tiles bigint[]
-- effect:  none; what is not stored is missing
-- index:   seal_tiles_pkey (shard, level, tile)
-- caller:  HistoryReading
SELECT t.level, t.tile, t.root, t.hashes
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS wanted (level, first_tile, last_tile)
JOIN seal_tiles t ON t.shard = $1::smallint AND t.level = wanted.level::smallint
                 AND t.tile BETWEEN wanted.first_tile AND wanted.last_tile
