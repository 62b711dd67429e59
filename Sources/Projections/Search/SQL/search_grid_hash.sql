-- name:    search_grid_hash
-- purpose: all that a grid says, in 64 bits: the columns of search_grids as g; with profile_hash of a document, which
--          has the grid's number, all that the document says
-- effect:  none; a part of other statements
-- caller:  read_search_grid_hashes, read_search_documents_of
hash_record_extended(ROW(g.time_zone, g.day_start, g.slot_minutes), 0)
