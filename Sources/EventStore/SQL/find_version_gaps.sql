-- name:    find_version_gaps
-- purpose: streams whose versions are not 1, 2, 3 … up to what their head row says
-- params:  $1 limit bigint
-- effect:  none; reads every event: asked only when the sums of a verification differ
-- index:   events_by_stream where the planner takes it
-- caller:  FindingDetails
WITH counted AS (
    SELECT country_code, stream, count(*) AS events, min(stream_version) AS first, max(stream_version) AS last,
           sum(stream_version) AS total
    FROM events
    GROUP BY country_code, stream
)
SELECT COALESCE(c.stream, h.stream) AS stream, COALESCE(c.events, 0) AS events, COALESCE(c.last, 0) AS last,
       COALESCE(h.version, 0) AS head
FROM counted c
FULL JOIN stream_heads h ON h.country_code = c.country_code AND h.stream = c.stream
WHERE c.stream IS NULL OR h.stream IS NULL OR c.first <> 1 OR c.events <> c.last OR c.last <> h.version
   OR c.total <> c.last * (c.last + 1) / 2
ORDER BY 1
LIMIT $1
