-- A handshake that we began with a peer: our new token, from before the peer is told it until the peer has answered.
CREATE TABLE handshake (
  peer TEXT PRIMARY KEY REFERENCES peer (name),
  kind TEXT NOT NULL CHECK (kind IN ('register', 'rotate')),
  versions_url TEXT NOT NULL, -- of the platform that it was offered to; another one is never offered the same token
  fresh INTEGER NOT NULL, -- 1: the peer was made for it, and goes with it when the other side says no
  token TEXT NOT NULL, -- sealed: when nobody knows what came of it, the same token is offered again
  token_hash TEXT NOT NULL UNIQUE, -- good from the start: the other side calls us before it answers
  started_at INTEGER NOT NULL
) STRICT;

ALTER TABLE peer ADD COLUMN quirks TEXT NOT NULL DEFAULT '[]'; -- how it has to be handled beyond what its version says
