-- name:    claim_baseline_round
-- purpose: let one process, and no other, publish the round that is most overdue
-- params:  $1 models text[] · $2 microseconds after which a round is due again bigint · $3 next offset of each
--          partition of the topic bigint[], in order · $4 claim uuid, never used before · $5 owner text
--          $6 lease in microseconds bigint
-- effect:  the claim stands until its lease ends; model and partition; no row: nothing is due that nobody is at
-- index:   projection_baseline_rounds_pkey
-- caller:  BaselineDesk
UPDATE projection_baseline_rounds
SET claim = $4, claimed_by = $5, lease_expires_at = clock_timestamp() + $6::bigint * interval '1 microsecond'
WHERE (model, kafka_partition) = (
    SELECT model, kafka_partition FROM projection_baseline_rounds
    WHERE model = ANY ($1::text[])
      AND (claim IS NULL OR lease_expires_at <= clock_timestamp())
      AND (ended_at IS NULL OR ended_at <= clock_timestamp() - $2::bigint * interval '1 microsecond'
           OR next_offset > ($3::bigint[])[kafka_partition + 1])  -- a log that ends before it has forgotten it
    ORDER BY ended_at NULLS FIRST, model, kafka_partition
    LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING model, kafka_partition::bigint
