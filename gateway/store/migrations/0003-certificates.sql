-- Key pairs of the gateway's own: the site's authority and the certificate that the charger port shows. The keys leave
-- the database only to sign and to serve.
CREATE TABLE key_pair (
  purpose TEXT PRIMARY KEY CHECK (purpose IN ('authority', 'server')),
  certificate TEXT NOT NULL, -- PEM
  private_key TEXT NOT NULL, -- PKCS 8, PEM, sealed
  names TEXT NOT NULL, -- JSON list: what the server's certificate is for; [] for the authority
  not_after INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Certificates that the authority issued to chargers.
CREATE TABLE certificate (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  serial TEXT NOT NULL UNIQUE, -- hexadecimal, lower case
  charger_id TEXT NOT NULL REFERENCES charger (id),
  state TEXT NOT NULL CHECK (state IN ('issued', 'installed', 'refused', 'revoked', 'expired')),
  subject TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  fingerprint TEXT NOT NULL UNIQUE, -- SHA-256 of the DER, hexadecimal
  request_hash TEXT NOT NULL, -- SHA-256 of the request's DER: the same request again is not another certificate
  pem TEXT NOT NULL,
  offers INTEGER NOT NULL DEFAULT 0, -- how often it was sent to the charger
  note TEXT, -- why the last offer did not succeed
  issued_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_of_charger ON certificate (charger_id, id);

-- What chargers reported about their security, and what the gateway found out about theirs.
CREATE TABLE security_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  charger_id TEXT, -- null: of no charger that is known
  origin TEXT NOT NULL CHECK (origin IN ('charger', 'gateway')),
  type TEXT NOT NULL,
  detail TEXT NOT NULL,
  reported_at INTEGER NOT NULL, -- the charger's clock; ours for the gateway's findings
  received_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL, -- when it was last found or sent again
  count INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX security_event_of_charger ON security_event (charger_id, id);
-- A notification that is sent again is the same one.
CREATE UNIQUE INDEX security_event_once ON security_event (charger_id, type, reported_at, detail) WHERE origin = 'charger';
