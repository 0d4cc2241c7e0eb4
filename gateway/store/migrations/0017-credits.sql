-- A session may have more than one bill line: one that was wrong, its credit, and the corrected one.
DROP TRIGGER cdr_frozen;
DROP TRIGGER cdr_kept;
ALTER TABLE cdr RENAME TO cdr_before;
CREATE TABLE cdr (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL REFERENCES session (id),
  peer TEXT,
  charger_id TEXT NOT NULL,
  body TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  position INTEGER, -- among all, from 1
  peer_position INTEGER, -- among those of its peer, from 1
  credit_of TEXT UNIQUE REFERENCES cdr (id), -- the bill line that this one takes back: that happens once
  corrects TEXT UNIQUE REFERENCES cdr (id)
) STRICT;
INSERT INTO cdr (seq, id, session_id, peer, charger_id, body, updated_at, position, peer_position)
  SELECT seq, id, session_id, peer, charger_id, body, updated_at, position, peer_position FROM cdr_before ORDER BY seq;
-- Numbers of lines go on where they were.
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'cdr_before') WHERE name = 'cdr';
DROP TABLE cdr_before;
CREATE INDEX cdr_updated ON cdr (updated_at);
CREATE INDEX cdr_session ON cdr (session_id);
CREATE UNIQUE INDEX cdr_position ON cdr (position);
CREATE UNIQUE INDEX cdr_peer_position ON cdr (peer, peer_position) WHERE peer IS NOT NULL;
CREATE INDEX cdr_peer_updated ON cdr (peer, updated_at);
CREATE TRIGGER cdr_frozen BEFORE UPDATE ON cdr BEGIN SELECT RAISE(ABORT, 'a CDR is frozen'); END;
CREATE TRIGGER cdr_kept BEFORE DELETE ON cdr BEGIN SELECT RAISE(ABORT, 'a CDR is kept'); END;
