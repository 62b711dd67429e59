-- name:    read_searchable
-- purpose: which of some booked slots search shows as taken by now
-- params:  $1 practitioners uuid[] · $2 grid days date[] · $3 slots int[]
-- effect:  none; places in the arrays from 1
-- index:   primary key of search_documents
-- caller:  VisibilityWatch
SELECT g.place
FROM unnest($1::uuid[], $2::date[], $3::int[]) WITH ORDINALITY AS g (practitioner_id, day, slot, place)
JOIN search_documents d ON d.country_code = 'fr' AND d.epoch = 1 AND d.practitioner_id = g.practitioner_id
WHERE CASE WHEN (g.day - d.first_date) * 24 + g.slot BETWEEN 0 AND length(d.free) - 1
           THEN get_bit(d.free, (g.day - d.first_date) * 24 + g.slot) = 0
           ELSE false END
