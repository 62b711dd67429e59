-- name:    V0004__readers
-- purpose: let those who only read ask what pages showed and who waited: audit and `replay quarantine list`
-- caller:  Migrations, component projections
GRANT SELECT ON projection_progress, quarantine, quarantine_waiting, quarantine_skips, quarantine_requests,
    quarantine_foreign TO event_reader;
