-- name:    insert_seal_tiles
-- purpose: keep complete tiles of a shard's tree
-- params:  $1 shard smallint · $2 levels smallint[] · $3 tiles bigint[] · $4 roots bytea[] · $5 hashes bytea[]
-- effect:  tiles that are not there yet are written; answers which were; the others are there already, and the caller
--          must look whether they are the same
-- index:   seal_tiles_pkey (shard, level, tile)
-- caller:  TileStore
INSERT INTO seal_tiles (shard, level, tile, root, hashes)
SELECT $1, given.level, given.tile, given.root, given.hashes
FROM unnest($2::smallint[], $3::bigint[], $4::bytea[], $5::bytea[]) AS given (level, tile, root, hashes)
ORDER BY given.level, given.tile
ON CONFLICT DO NOTHING
RETURNING level, tile
