-- name:    close_search_documents
-- purpose: end what open_search_documents has begun, so that the transaction can begin another
-- effect:  the cursor is gone
-- index:   none
-- caller:  DocumentScan
CLOSE search_documents_scan
