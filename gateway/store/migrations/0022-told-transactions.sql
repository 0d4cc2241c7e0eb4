-- OCPP 2.x: a transaction as its charger tells it, under the charger's own id, from the moment that a cable is in.
CREATE TABLE told_transaction (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  charger_id TEXT NOT NULL REFERENCES charger (id),
  wire_id TEXT NOT NULL,
  evse INTEGER NOT NULL,
  connector INTEGER NOT NULL,
  token_uid TEXT, -- the card that was told last; null: none yet
  register_wh INTEGER, -- where the meter was told to stand last, before the transaction has a row of its own
  charging_state TEXT,
  transaction_id TEXT REFERENCES "transaction" (id), -- null: nobody charges yet
  metered INTEGER NOT NULL DEFAULT 0, -- is it known where the meter stood when it began?
  told_at INTEGER NOT NULL, -- our clock: its last event but readings
  ended_at INTEGER, -- our clock
  UNIQUE (charger_id, wire_id)
) STRICT;
CREATE INDEX told_transaction_evse ON told_transaction (charger_id, evse, seq);

-- What was answered to its events, those with readings alone left out: the same event again gets the same answer.
CREATE TABLE told_event (
  told_seq INTEGER NOT NULL REFERENCES told_transaction (seq),
  key TEXT NOT NULL, -- seqNo, type, time, trigger
  answer TEXT NOT NULL, -- JSON
  PRIMARY KEY (told_seq, key)
) STRICT, WITHOUT ROWID;

-- OCPP 2.x: what each connector of an EVSE said last.
CREATE TABLE connector_status (
  charger_id TEXT NOT NULL REFERENCES charger (id) ON DELETE CASCADE,
  evse INTEGER NOT NULL,
  connector INTEGER NOT NULL,
  status TEXT NOT NULL,
  since INTEGER NOT NULL, -- our clock
  PRIMARY KEY (charger_id, evse, connector)
) STRICT, WITHOUT ROWID;
