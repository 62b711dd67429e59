-- name:    ensure_search_partitions
-- purpose: create the partitions of countries; what already went to DEFAULT stays there, and nobody is blocked
-- params:  $1 countries text[]
-- effect:  creates what is missing and answers whether it did; safe to repeat; needs the schema's owner
-- caller:  SearchSchema
SELECT name || '_' || country, make_partition(name || '_' || country, name, format('FOR VALUES IN (%L)', country))
FROM unnest($1::text[]) AS c (country)
CROSS JOIN unnest(ARRAY['search_documents', 'search_names']) AS t (name)
