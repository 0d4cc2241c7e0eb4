-- A bay that is kept for somebody, from now on.
CREATE TABLE reservation (
  wire_id INTEGER PRIMARY KEY AUTOINCREMENT, -- as chargers know it: never given out twice
  id TEXT NOT NULL UNIQUE,
  peer TEXT, -- null: the operator's
  peer_key TEXT, -- country/party/reservation_id of the peer's
  peer_reservation_id TEXT,
  command_id TEXT, -- the peer's command that it came from
  response_url TEXT,
  sender TEXT, -- JSON
  charger_id TEXT NOT NULL,
  evse INTEGER NOT NULL,
  token TEXT NOT NULL, -- JSON
  group_id TEXT,
  wire_uid TEXT NOT NULL, -- the card number that the charger was told
  authorization_reference TEXT,
  session_id TEXT NOT NULL,
  booking_id TEXT,
  state TEXT NOT NULL, -- asked, held, used, expired, cancelled, failed
  emulated INTEGER NOT NULL, -- held by the gateway alone
  told INTEGER NOT NULL, -- the charger has it, or may have it
  reason TEXT,
  created_at INTEGER NOT NULL,
  held_at INTEGER,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  updated_at INTEGER NOT NULL
) STRICT;
-- One bay is held for one at a time, whoever asks when.
CREATE UNIQUE INDEX reservation_bay ON reservation (charger_id, evse) WHERE state IN ('asked', 'held');
CREATE UNIQUE INDEX reservation_peer ON reservation (peer, peer_key) WHERE state IN ('asked', 'held') AND peer_key IS NOT NULL;
CREATE INDEX reservation_session ON reservation (session_id);
CREATE INDEX reservation_owed ON reservation (charger_id) WHERE told = 1 AND state IN ('expired', 'cancelled', 'failed', 'used');

-- A bay that is wanted for a time to come.
CREATE TABLE booking (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  peer TEXT, -- null: the operator's
  request_id TEXT NOT NULL, -- the same for all changes
  place TEXT NOT NULL, -- booking location
  charger_id TEXT, -- where it is to be or is, as things stand; null once it takes up no bay any more
  evse INTEGER,
  pinned INTEGER NOT NULL, -- that EVSE was asked for
  state TEXT NOT NULL, -- PENDING, RESERVED, CANCELED, FAILED, NO_SHOW, FULFILLED, REJECTED
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  session_id TEXT,
  body TEXT NOT NULL, -- JSON: tokens, terms, requests and the like
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX booking_request ON booking (coalesce(peer, ''), request_id);
CREATE INDEX booking_bay ON booking (charger_id, evse, starts_at) WHERE state IN ('PENDING', 'RESERVED');
CREATE INDEX booking_open ON booking (starts_at) WHERE state IN ('PENDING', 'RESERVED');
CREATE INDEX booking_updated ON booking (updated_at);
CREATE INDEX booking_session ON booking (session_id) WHERE session_id IS NOT NULL;
