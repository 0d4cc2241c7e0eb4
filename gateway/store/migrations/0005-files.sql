-- Numbers that chargers report the state of a file errand by; never given out twice.
INSERT INTO counter VALUES ('request_id', 0);

-- A charger fetching firmware, or handing in a log.
CREATE TABLE transfer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  charger_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('firmware', 'diagnostics', 'security-log')),
  -- By this number the charger reports; null: it reports without one, or of something that nobody here asked for.
  request_id INTEGER,
  -- Name of the image or log; an address elsewhere without its credentials; null: not known (yet).
  file TEXT,
  -- To the letter as the charger said it; null: it has said nothing yet.
  status TEXT,
  progress TEXT NOT NULL CHECK (progress IN ('open', 'done', 'failed')),
  -- Of the whole file, once it was handed over.
  bytes INTEGER,
  -- 0: the charger reports what the gateway did not order.
  ordered INTEGER NOT NULL CHECK (ordered IN (0, 1)),
  requested_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX transfer_by_charger ON transfer (charger_id, id);

-- An address that is good for one file and one charger. The secret in it is not kept, only its SHA-256.
CREATE TABLE file_link (
  hash BLOB PRIMARY KEY,
  transfer_id INTEGER NOT NULL REFERENCES transfer (id) ON DELETE CASCADE,
  charger_id TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('firmware', 'log')),
  -- The image to fetch; null: a log to take.
  file TEXT,
  -- Comes nearer once the file was fetched whole.
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX file_link_by_transfer ON file_link (transfer_id);
CREATE INDEX file_link_by_expiry ON file_link (expires_at);

-- What is known of the images in the firmware directory; the directory says which there are.
CREATE TABLE firmware_image (
  name TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  -- When the file was changed last, by the file system: with another time or size it is another image.
  modified_at INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Logs that chargers handed in.
CREATE TABLE log_file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  charger_id TEXT NOT NULL,
  -- Its transfer; null once that was forgotten.
  transfer_id INTEGER REFERENCES transfer (id) ON DELETE SET NULL,
  kind TEXT NOT NULL CHECK (kind IN ('diagnostics', 'security-log')),
  -- As the charger named it, made safe.
  name TEXT NOT NULL,
  -- In the logs directory.
  stored_as TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX log_file_by_charger ON log_file (charger_id, id);
CREATE INDEX log_file_by_transfer ON log_file (transfer_id);
