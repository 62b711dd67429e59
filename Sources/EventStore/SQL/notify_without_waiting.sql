-- name:    notify_without_waiting
-- purpose: let the commit of a notification not wait for the disk: there is nothing in it that a crash could take
-- params:  none
-- effect:  for this transaction only
-- caller:  CommitNotifier
SET LOCAL synchronous_commit = off
