-- name:    read_search_grid_hashes
-- purpose: say what all grids are, each in few bytes
-- params:  none
-- effect:  none; one row a grid, there are few
-- index:   none: all grids are read
-- caller:  BriefScan, in a REPEATABLE READ transaction
SELECT g.grid_id, {grid} FROM search_grids AS g
