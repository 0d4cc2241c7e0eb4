-- Bookings, and where one can book, are told to peers too.
CREATE TABLE outbox_wider (
  peer TEXT NOT NULL REFERENCES peer (name),
  module TEXT NOT NULL CHECK (module IN ('locations', 'tariffs', 'sessions', 'cdrs', 'bookings', 'booking-locations')),
  object TEXT NOT NULL, -- EVSE uid, or '' for the whole location; id of a tariff, session, CDR, booking or booking location
  state TEXT NOT NULL CHECK (state IN ('dirty', 'dead')), -- dead: the peer will not have it, an operator decides
  changed_at INTEGER NOT NULL, -- updated_at of the newest change that this stands for
  since INTEGER NOT NULL, -- our clock, when it first waited
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL, -- our clock, not before then
  problem TEXT,
  PRIMARY KEY (peer, module, object)
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_wider SELECT peer, module, object, state, changed_at, since, attempts, next_at, problem FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_wider RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (peer, module, state, next_at, changed_at);

-- Where one can book, and when it is free, as peers are told it.
CREATE TABLE booking_offer (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- pages of lists are cut by it
  id TEXT NOT NULL UNIQUE, -- of the place
  body TEXT NOT NULL, -- JSON: bays, plugs, tariffs, terms, the window
  free TEXT NOT NULL, -- JSON: [from, to] of each free time, in their order
  updated_at INTEGER NOT NULL -- when any of it changed
) STRICT;

-- When a bay is free again after a booking: its end, and how long its driver may stay.
ALTER TABLE booking ADD COLUMN free_at INTEGER
  GENERATED ALWAYS AS (ends_at + 60000 * coalesce(body ->> '$.terms.lateStop', 0)) VIRTUAL;
CREATE INDEX booking_busy ON booking (starts_at, free_at, charger_id, evse) WHERE charger_id IS NOT NULL;
