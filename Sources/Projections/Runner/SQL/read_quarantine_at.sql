-- name:    read_quarantine_at
-- purpose: whether somebody waited in quarantine at a moment, and which events a model did without by then
-- params:  $1 model text · $2 epoch bigint · $3 practitioner uuid · $4 moment timestamptz
-- effect:  none; a row an event that was skipped, the first row with no event says whether the practitioner waited
-- index:   quarantine rows of one practitioner are few; both tables are small
-- caller:  QuarantineHistory
SELECT NULL::uuid AS event_id, EXISTS (
    SELECT FROM quarantine
    WHERE model = $1 AND epoch = $2 AND practitioner_id = $3 AND since <= $4
      AND (ended_at IS NULL OR ended_at > $4)
) AS waited
UNION ALL
SELECT event_id, false FROM quarantine_skips
WHERE model = $1 AND practitioner_id = $3 AND skipped_at <= $4 AND event_id IS NOT NULL
