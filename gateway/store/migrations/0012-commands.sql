-- What peers told us to do, from our answer to the result that they are owed.
CREATE TABLE command (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  peer TEXT NOT NULL REFERENCES peer (name),
  kind TEXT NOT NULL,
  session_id TEXT, -- that it is about, where it is about one
  response_url TEXT NOT NULL,
  sender TEXT, -- party that sent it, where it said so
  created_at INTEGER NOT NULL,
  deadline INTEGER NOT NULL, -- our clock: until then the result was promised, later it is not told
  state TEXT NOT NULL CHECK (state IN ('pending', 'finished', 'delivered', 'dropped')),
  result TEXT,
  finished_at INTEGER
) STRICT;
CREATE INDEX command_open ON command (state, peer) WHERE state IN ('pending', 'finished');

CREATE INDEX command_session ON command (session_id, created_at) WHERE session_id IS NOT NULL;

-- Starts that a peer ordered. Its token is not ours to judge; the transaction that begins with it is the peer's session.
CREATE TABLE pending_start (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id TEXT NOT NULL UNIQUE, -- there is a session once the charger accepted, or begins
  peer TEXT NOT NULL REFERENCES peer (name),
  charger_id TEXT NOT NULL,
  evse INTEGER NOT NULL,
  connector INTEGER,
  uid_key TEXT NOT NULL, -- canonical form of what the charger was told
  wire_uid TEXT NOT NULL,
  token TEXT NOT NULL, -- as the peer gave it
  authorization_reference TEXT,
  state TEXT NOT NULL CHECK (state IN ('ordered', 'accepted', 'adopted', 'over')), -- over: given up, kept for a start that is told late
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_start_card ON pending_start (charger_id, uid_key);
CREATE INDEX pending_start_due ON pending_start (expires_at) WHERE state IN ('ordered', 'accepted');

-- Sessions whose limit a peer has set, and the limit that was last found to be in force.
CREATE TABLE steered_session (
  session_id TEXT PRIMARY KEY REFERENCES session (id),
  peer TEXT NOT NULL REFERENCES peer (name),
  found TEXT
) STRICT, WITHOUT ROWID;
