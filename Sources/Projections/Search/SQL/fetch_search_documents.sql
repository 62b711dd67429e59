-- name:    fetch_search_documents
-- purpose: read the next documents of the partition; none: all were read
-- effect:  moves the cursor that open_search_documents has made
-- index:   as there
-- caller:  DocumentScan
FETCH 2000 FROM search_documents_scan
