-- How chargers prove who they are. The config file's passwords are never stored here, only a hash to tell when they change.

CREATE TABLE charger_access (
  charger_id TEXT PRIMARY KEY REFERENCES charger (id) ON DELETE CASCADE,
  -- security profile of its latest connection
  profile INTEGER CHECK (profile BETWEEN 0 AND 3),
  -- lowest profile that is taken: raised when it came at a higher one, set by the operator
  floor INTEGER NOT NULL DEFAULT 0 CHECK (floor BETWEEN 0 AND 3),
  -- profile that it was told to move to and has not come at yet
  wished_profile INTEGER CHECK (wished_profile BETWEEN 1 AND 3),
  -- how it writes its password
  form TEXT CHECK (form IN ('text', 'hex', 'bytes')),
  -- hash of the config file's password when a password of its own was made: the file wins once it says another
  config_mark TEXT,
  -- rises with every password given or taken away
  revision INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE charger_password (
  charger_id TEXT NOT NULL REFERENCES charger (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  -- current: asked for; offered: sent, and not known to be taken; earlier: replaced, good for a while
  state TEXT NOT NULL CHECK (state IN ('current', 'offered', 'earlier')),
  -- was it given as hex digits of at least 16 bytes, as OCPP's keys are?
  hex INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  good_until INTEGER,
  PRIMARY KEY (charger_id, hash)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX charger_password_current ON charger_password (charger_id) WHERE state = 'current';
