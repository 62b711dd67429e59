-- name:    write_calendar_checkpoint
-- purpose: say how far the calendars have followed one partition of practitioner-events
-- params:  $1 kafka_partition int · $2 sequence bigint
-- effect:  one row; a checkpoint only grows
-- index:   calendar_checkpoints primary key
-- caller:  CalendarCheckpoints
INSERT INTO calendar_checkpoints (kafka_partition, sequence)
VALUES ($1, $2)
ON CONFLICT (kafka_partition) DO UPDATE
    SET sequence = EXCLUDED.sequence
    WHERE calendar_checkpoints.sequence < EXCLUDED.sequence;
