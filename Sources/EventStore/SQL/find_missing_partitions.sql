-- name:    find_missing_partitions
-- purpose: which tables of countries and of the months ahead are not there
-- params:  $1 countries text[] · $2 today timestamptz by the caller's clock · $3 months int, at least 1, with the
--          current one
-- effect:  none; names in the order in which they are to be made
-- caller:  Partitions
SELECT missing_partitions($1, $2, $3)
