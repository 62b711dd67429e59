-- name:    find_unstamped
-- purpose: of these outbox ids the ones that neither wait for a position nor have one
-- params:  $1 outbox ids bigint[] · $2 whether to look for positions boolean: it reads the stamps of the events' times
-- effect:  none; a row an id, in order, with what names its event
-- index:   outbox_pkey, the primary keys of the events' partitions; stamps by their bounds of time
-- caller:  FindingDetails
SELECT given.id, e.event_id, e.stream, e.stream_version,
       CASE given.id & 1 WHEN 0 THEN e.shard ELSE e.second_shard END AS shard
FROM unnest($1::bigint[]) AS given (id)
JOIN events e ON e.event_number = given.id >> 1
WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.outbox_id = given.id)
  AND NOT ($2 AND EXISTS (
      SELECT FROM outbox_stamps s
      WHERE s.recorded_from <= e.recorded_at AND s.recorded_to >= e.recorded_at AND given.id = ANY (s.outbox_ids)))
ORDER BY given.id
