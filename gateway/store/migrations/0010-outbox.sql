-- What a peer has not been told yet: keys, never messages; what is sent is the object's latest state (law 8).
CREATE TABLE outbox (
  peer TEXT NOT NULL REFERENCES peer (name),
  module TEXT NOT NULL CHECK (module IN ('locations', 'tariffs', 'sessions', 'cdrs')),
  object TEXT NOT NULL, -- EVSE uid, or '' for the whole location; id of a tariff, session or CDR
  state TEXT NOT NULL CHECK (state IN ('dirty', 'dead')), -- dead: the peer will not have it, an operator decides
  changed_at INTEGER NOT NULL, -- updated_at of the newest change that this stands for
  since INTEGER NOT NULL, -- our clock, when it first waited
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL, -- our clock, not before then
  problem TEXT,
  PRIMARY KEY (peer, module, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (peer, module, state, next_at);

-- Up to which updated_at a peer's module has been looked through for changes.
CREATE TABLE outbox_cursor (
  peer TEXT NOT NULL REFERENCES peer (name),
  module TEXT NOT NULL,
  scanned INTEGER NOT NULL,
  PRIMARY KEY (peer, module)
) STRICT, WITHOUT ROWID;

-- What a peer has acknowledged.
CREATE TABLE delivery (
  peer TEXT NOT NULL REFERENCES peer (name),
  module TEXT NOT NULL,
  object TEXT NOT NULL,
  mark TEXT NOT NULL, -- of what was delivered, as far as the next delivery depends on it
  location TEXT, -- where the peer says that it keeps it
  changed_at INTEGER NOT NULL, -- the newest change that it has been told
  delivered_at INTEGER NOT NULL,
  PRIMARY KEY (peer, module, object)
) STRICT, WITHOUT ROWID;
