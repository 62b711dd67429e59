-- name:    announce_relayer
-- purpose: say that this relayer lives, and learn how many do
-- params:  $1 owner text · $2 milliseconds bigint (0: it leaves)
-- effect:  one row, this relayer's; forgets those that have been silent for a minute. Answers the number of those that
--          live, this one included.
-- caller:  ShardLeases
WITH announced AS (
    INSERT INTO relayers (owner, expires_at)
    VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond')
    ON CONFLICT (owner) DO UPDATE SET expires_at = EXCLUDED.expires_at
), forgotten AS (
    DELETE FROM relayers WHERE expires_at < clock_timestamp() - interval '1 minute' AND owner <> $1
)
SELECT count(*) + (CASE WHEN $2 > 0 THEN 1 ELSE 0 END)
FROM relayers WHERE owner <> $1 AND expires_at > clock_timestamp()
