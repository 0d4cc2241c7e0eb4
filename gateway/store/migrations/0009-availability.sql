-- A site's own charger that the operator forgot, while clouds were told of its EVSEs: their end has to be told, and their
-- uids are never given again. Null: as any.
ALTER TABLE charger ADD COLUMN forgotten_at INTEGER;

-- What a charger said it will do once its transaction is over.
CREATE TABLE awaited_availability (
  charger_id TEXT NOT NULL REFERENCES charger (id) ON DELETE CASCADE,
  evse INTEGER NOT NULL, -- 0: the whole charger
  operative INTEGER NOT NULL,
  free_since INTEGER, -- since when no transaction keeps it; null while one does
  PRIMARY KEY (charger_id, evse)
) STRICT, WITHOUT ROWID;

-- Limits that were set for one transaction and have to go with it.
CREATE TABLE transaction_profile (
  charger_id TEXT NOT NULL REFERENCES charger (id) ON DELETE CASCADE,
  profile_id INTEGER NOT NULL, -- as the charger knows it
  transaction_id TEXT NOT NULL,
  PRIMARY KEY (charger_id, profile_id)
) STRICT, WITHOUT ROWID;
