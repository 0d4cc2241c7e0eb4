-- Parties behind a hub and whether the hub reaches them, as it says.
CREATE TABLE hub_client (
  peer TEXT NOT NULL REFERENCES peer (name),
  country_code TEXT NOT NULL,
  party_id TEXT NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('CONNECTED', 'OFFLINE', 'PLANNED', 'SUSPENDED')),
  said_at INTEGER NOT NULL, -- the hub's last_updated
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (peer, country_code, party_id)
) STRICT, WITHOUT ROWID;
