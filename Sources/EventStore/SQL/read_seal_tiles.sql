-- name:    read_seal_tiles
-- purpose: the hashes of some complete tiles of a shard's tree
-- params:  $1 shard smallint · $2 level smallint · $3 tiles bigint[]
-- effect:  none; those that are there, in order
-- index:   seal_tiles_pkey (shard, level, tile)
-- caller:  TileStore
SELECT tile, root, hashes
FROM seal_tiles
WHERE shard = $1 AND level = $2 AND tile = ANY ($3::bigint[])
ORDER BY tile
