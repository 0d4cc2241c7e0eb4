-- Times are epoch milliseconds UTC; energy is watt-hours; money is decimal text inside JSON.

CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- wire_id: the integer that OCPP 1.6 knows a transaction by; positive, never reused. stamp: the last last_updated given out.
-- filed: lines of the meter log up to this one have their sample.
INSERT INTO counter VALUES ('wire_id', 0), ('stamp', 0), ('filed', 0);

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE charger (
  id TEXT PRIMARY KEY,
  origin TEXT NOT NULL CHECK (origin IN ('config', 'site')),
  registration TEXT NOT NULL CHECK (registration IN ('accepted', 'pending', 'rejected')),
  protocol TEXT,
  vendor TEXT,
  model TEXT,
  serial TEXT,
  firmware TEXT,
  booted_at INTEGER,
  last_seen_at INTEGER,
  status TEXT,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE evse (
  charger_id TEXT NOT NULL REFERENCES charger (id),
  evse INTEGER NOT NULL CHECK (evse >= 1), -- 0 means the whole charger and is never a row
  uid TEXT NOT NULL UNIQUE,
  evse_id TEXT NOT NULL,
  status TEXT,
  error_code TEXT,
  status_at INTEGER,
  meter_wh INTEGER,
  removed INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (charger_id, evse)
) STRICT;

CREATE TABLE connector (
  charger_id TEXT NOT NULL,
  evse INTEGER NOT NULL,
  connector INTEGER NOT NULL CHECK (connector >= 1),
  standard TEXT NOT NULL,
  format TEXT NOT NULL,
  power_type TEXT NOT NULL,
  max_voltage INTEGER NOT NULL,
  max_amperage INTEGER NOT NULL,
  max_power INTEGER,
  tariff_id TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (charger_id, evse, connector),
  FOREIGN KEY (charger_id, evse) REFERENCES evse (charger_id, evse)
) STRICT;

CREATE TABLE deviation (
  charger_id TEXT NOT NULL,
  code TEXT NOT NULL,
  count INTEGER NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  sample TEXT NOT NULL,
  PRIMARY KEY (charger_id, code)
) STRICT;

CREATE TABLE peer (
  name TEXT PRIMARY KEY,
  origin TEXT NOT NULL CHECK (origin IN ('config', 'site')),
  state TEXT NOT NULL CHECK (state IN ('unregistered', 'invited', 'registered')),
  visibility TEXT NOT NULL CHECK (visibility IN ('all', 'own')),
  version TEXT,
  versions_url TEXT,
  inbound_hash TEXT UNIQUE, -- SHA-256 of the token they use with us
  previous_hash TEXT UNIQUE, -- the one before, until the new one is first used
  outbound_token TEXT, -- what we use with them
  parties TEXT NOT NULL,
  endpoints TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE token (
  country_code TEXT NOT NULL,
  party_id TEXT NOT NULL,
  uid_key TEXT NOT NULL, -- canonical form: upper case, no separators
  type TEXT NOT NULL,
  uid TEXT NOT NULL, -- as its owner writes it
  peer TEXT REFERENCES peer (name),
  origin TEXT NOT NULL CHECK (origin IN ('config', 'site')),
  contract_id TEXT NOT NULL,
  visual_number TEXT,
  issuer TEXT NOT NULL,
  group_id TEXT,
  valid INTEGER NOT NULL,
  whitelist TEXT NOT NULL,
  language TEXT,
  expires_at INTEGER,
  payment TEXT,
  body TEXT, -- fields of a peer's token that we only hand back
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (country_code, party_id, uid_key, type)
) STRICT;
CREATE INDEX token_by_uid ON token (uid_key);

CREATE TABLE tariff (
  id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  body TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE "transaction" (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  wire_id TEXT NOT NULL,
  charger_id TEXT NOT NULL REFERENCES charger (id),
  evse INTEGER NOT NULL,
  connector INTEGER NOT NULL,
  token_uid TEXT NOT NULL,
  start_reported_at INTEGER NOT NULL,
  start_received_at INTEGER NOT NULL,
  meter_start INTEGER NOT NULL,
  start_key TEXT NOT NULL, -- content of the start: a re-sent one is the same transaction (law 3)
  start_answer TEXT NOT NULL, -- verdict it was answered with
  stop_reported_at INTEGER,
  stop_received_at INTEGER,
  meter_stop INTEGER,
  stop_reason TEXT,
  stop_estimated INTEGER NOT NULL DEFAULT 0,
  stop_key TEXT,
  stop_answer TEXT,
  UNIQUE (charger_id, wire_id),
  UNIQUE (charger_id, start_key)
) STRICT;
CREATE INDEX transaction_open ON "transaction" (charger_id, evse) WHERE stop_received_at IS NULL;

-- What meters said, to the letter: a line for each instant, one row a commit. Written once, never moved or changed.
CREATE TABLE meter_log (
  number INTEGER PRIMARY KEY, -- of the row's last line: lines are numbered through
  lines TEXT NOT NULL
) STRICT;

-- The numbers of those lines, by transaction. The same report twice is one row (law 3).
CREATE TABLE sample (
  transaction_seq INTEGER NOT NULL,
  reported_at INTEGER NOT NULL,
  hash INTEGER NOT NULL, -- of the numbers
  received_at INTEGER NOT NULL,
  line INTEGER NOT NULL,
  energy_wh INTEGER,
  power_w INTEGER,
  current_ma INTEGER,
  soc_percent INTEGER,
  PRIMARY KEY (transaction_seq, reported_at, hash)
) STRICT, WITHOUT ROWID;

-- What the EVSE did during the transaction, from its status reports.
CREATE TABLE phase (
  transaction_seq INTEGER NOT NULL,
  reported_at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('charging', 'parking')),
  PRIMARY KEY (transaction_seq, reported_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  transaction_id TEXT UNIQUE REFERENCES "transaction" (id),
  charger_id TEXT NOT NULL,
  evse INTEGER NOT NULL,
  connector INTEGER NOT NULL,
  token TEXT NOT NULL,
  peer TEXT,
  authorized INTEGER NOT NULL,
  auth_method TEXT NOT NULL,
  authorization_reference TEXT,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  energy_wh INTEGER NOT NULL,
  currency TEXT NOT NULL,
  tariff TEXT, -- as it was at the start
  place TEXT NOT NULL, -- as it was at the start
  periods TEXT NOT NULL,
  cost TEXT,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_updated ON session (updated_at);
CREATE INDEX session_peer ON session (peer, seq);
CREATE INDEX session_live ON session (status) WHERE status IN ('PENDING', 'ACTIVE', 'RESERVATION');

CREATE TABLE cdr (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL UNIQUE REFERENCES session (id),
  peer TEXT,
  charger_id TEXT NOT NULL,
  body TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX cdr_updated ON cdr (updated_at);
CREATE INDEX cdr_peer ON cdr (peer, seq);
-- A bill line never changes and never goes.
CREATE TRIGGER cdr_frozen BEFORE UPDATE ON cdr BEGIN SELECT RAISE(ABORT, 'a CDR is frozen'); END;
CREATE TRIGGER cdr_kept BEFORE DELETE ON cdr BEGIN SELECT RAISE(ABORT, 'a CDR is kept'); END;

-- What could not be applied, with its reason. The same message again is the same row.
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  charger_id TEXT NOT NULL,
  action TEXT NOT NULL,
  reason TEXT NOT NULL,
  payload TEXT NOT NULL,
  count INTEGER NOT NULL DEFAULT 1,
  received_at INTEGER NOT NULL,
  UNIQUE (charger_id, action, payload)
) STRICT;

-- Bounded ring for diagnosis; correctness never leans on it.
CREATE TABLE frame (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  charger_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX frame_by_charger ON frame (charger_id, id);
