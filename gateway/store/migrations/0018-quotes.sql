-- What a session may come to, and the offer that its driver accepted.
ALTER TABLE session ADD COLUMN limit_cost TEXT; -- with taxes, exact decimal
ALTER TABLE session ADD COLUMN limit_energy_wh INTEGER;
ALTER TABLE session ADD COLUMN quote_id TEXT;

CREATE TABLE quote (
  id TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  session_id TEXT REFERENCES session (id) -- that it was accepted for; such a quote is kept
) STRICT;
CREATE INDEX quote_expiry ON quote (expires_at) WHERE session_id IS NULL;
