-- A charger's configuration keys as it last told them, and how what we want of them stands.
CREATE TABLE charger_configuration (
  charger_id TEXT NOT NULL REFERENCES charger (id) ON DELETE CASCADE,
  key TEXT NOT NULL COLLATE NOCASE, -- chargers do not mind the case (Q59)
  known INTEGER NOT NULL, -- 0: wanted, but the charger has no such key
  readonly INTEGER NOT NULL,
  value TEXT, -- NULL: it keeps it to itself, or it is a secret
  state TEXT, -- of the value wanted; NULL: none was when it was last looked at
  mark TEXT, -- which wanted value the state is about
  read_at INTEGER, -- NULL: never told
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (charger_id, key)
) STRICT, WITHOUT ROWID;

-- How far reading and setting it is, and what was found out on the way.
CREATE TABLE charger_provisioning (
  charger_id TEXT PRIMARY KEY REFERENCES charger (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  problem TEXT, -- why it failed, for people
  firmware TEXT, -- that the findings are about
  mark TEXT, -- the wanted values that were last gone through to the end
  reset_mark TEXT, -- the wanted values that a reboot was asked for: never twice for the same
  capabilities TEXT NOT NULL,
  findings TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
