-- name:    write_seal_edge
-- purpose: keep the leaves of a shard's tree that are in no complete tile
-- params:  $1 shard smallint · $2 first of the leaves bigint · $3 their hashes bytea
-- effect:  one row a shard; what another sealer wrote of a larger tree stays
-- index:   seal_edges_pkey (shard)
-- caller:  TileStore
INSERT INTO seal_edges (shard, first_leaf, hashes) VALUES ($1, $2, $3)
ON CONFLICT (shard) DO UPDATE
    SET first_leaf = EXCLUDED.first_leaf,
        hashes = EXCLUDED.hashes
    WHERE (seal_edges.first_leaf, octet_length(seal_edges.hashes))
        < (EXCLUDED.first_leaf, octet_length(EXCLUDED.hashes))
