-- Who was let in or not, by whom, and why.
CREATE TABLE decision (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  uid_key TEXT NOT NULL, -- canonical form
  uid TEXT NOT NULL, -- as it was presented
  charger_id TEXT, -- null: at a reader of the site's that no charger was chosen for
  evse INTEGER,
  reader TEXT, -- the site's own reader; null: the charger's
  verdict TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT, -- what a person has to know of it
  peer TEXT,
  authorization_reference TEXT,
  evse_uids TEXT, -- JSON: where its owner lets it charge; null: everywhere
  token TEXT -- JSON: the token as its owner told it with a decision of its own
) STRICT;
CREATE INDEX decision_uid ON decision (uid_key, seq);
CREATE INDEX decision_at ON decision (at);

-- What each charger's own list of cards holds, as far as it was told and took it.
CREATE TABLE local_list (
  charger_id TEXT PRIMARY KEY REFERENCES charger (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  problem TEXT,
  firmware TEXT, -- of the charger when its state was found
  synced_at INTEGER,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE local_list_entry (
  charger_id TEXT NOT NULL REFERENCES local_list (charger_id) ON DELETE CASCADE,
  uid_key TEXT NOT NULL,
  entry TEXT NOT NULL, -- as it was sent, JSON
  PRIMARY KEY (charger_id, uid_key)
) STRICT, WITHOUT ROWID;

-- Money of prepaid cards: what came, and what was drawn. Its sum is the balance.
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  uid_key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('refill', 'draw', 'credit', 'adjustment')),
  amount TEXT NOT NULL, -- exact decimal; a draw is below 0
  units INTEGER NOT NULL, -- the same in ten-thousandths
  currency TEXT NOT NULL,
  session_id TEXT,
  cdr_id TEXT UNIQUE,
  note TEXT
) STRICT;
CREATE INDEX ledger_uid ON ledger (uid_key, seq);
CREATE TRIGGER ledger_frozen BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'a ledger entry is frozen'); END;
CREATE TRIGGER ledger_kept BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'a ledger entry is kept'); END;
