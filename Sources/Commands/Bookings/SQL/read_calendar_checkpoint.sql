-- name:    read_calendar_checkpoint
-- purpose: how far the calendars have followed one partition of practitioner-events
-- params:  $1 kafka_partition int
-- result:  sequence, or no row when nothing was applied yet
-- index:   calendar_checkpoints primary key
-- caller:  CalendarCheckpoints
SELECT sequence FROM calendar_checkpoints WHERE kafka_partition = $1;
