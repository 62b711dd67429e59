-- name:    insert_progress
-- purpose: record when which positions went into the pages of a partition
-- params:  $1 model text · $2 kafka_partition smallint · $3 covers_from timestamptz · $4 epoch bigint
--          $5 recorded_at timestamptz · $6 began timestamptz[] · $7 moments timestamptz[] · $8 booking positions
--          bigint[] · $9 practitioner positions bigint[], all of one length
-- effect:  one row; nothing where the same row came before, after a COMMIT of unknown outcome
-- index:   projection_progress_pkey
-- caller:  ProgressJournal
INSERT INTO projection_progress (
    model, kafka_partition, covers_from, epoch, recorded_at, began, moments, booking_positions, practitioner_positions)
VALUES ($1::text, $2::smallint, $3::timestamptz, $4::bigint, $5::timestamptz, $6::timestamptz[], $7::timestamptz[],
        $8::bigint[], $9::bigint[])
ON CONFLICT DO NOTHING
