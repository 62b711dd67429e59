-- name:    V0002__waiting_calendars
-- purpose: calendars that wait for an event that cannot be read: booking does not know what is open there
ALTER TABLE calendars ADD COLUMN waits boolean NOT NULL DEFAULT false;
