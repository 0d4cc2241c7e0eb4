-- What chargers sent in words of their vendors' own and we took in: the newest, to the letter.
CREATE TABLE vendor_data (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  charger_id TEXT NOT NULL REFERENCES charger (id) ON DELETE CASCADE,
  vendor TEXT NOT NULL,
  message TEXT,
  data TEXT,
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vendor_data_by_charger ON vendor_data (charger_id, id);
