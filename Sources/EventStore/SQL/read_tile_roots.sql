-- name:    read_tile_roots
-- purpose: what complete tiles of a shard's tree come to: hashes of the level above
-- params:  $1 shard smallint · $2 level smallint · $3 first tile bigint · $4 tile after the last bigint
-- effect:  none; those that are there, in order; the tiles' hashes, which lie out of line, are not read
-- index:   seal_tiles_pkey (shard, level, tile)
-- caller:  TileStore
SELECT tile, root
FROM seal_tiles
WHERE shard = $1 AND level = $2 AND tile >= $3 AND tile < $4
ORDER BY tile
