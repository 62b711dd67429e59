-- name:    V0006__summarised_times
-- purpose: let the index over time know its newest pages too
-- caller:  Migrations, component event_store

-- Without autosummarize, pages that were filled since the last VACUUM belong to every stretch of time: a question about
-- ten minutes read half of a month that had just been written. With it, the launcher has each range of pages summed up
-- soon after the next one begins. Partitions made later inherit the option.
DROP INDEX events_by_time;
CREATE INDEX events_by_time ON events USING brin (recorded_at) WITH (autosummarize = on);
