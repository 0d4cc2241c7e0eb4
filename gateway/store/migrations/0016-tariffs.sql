-- A connector may have several tariffs: of several types, and the next beside the present one.
ALTER TABLE connector ADD COLUMN tariff_ids TEXT NOT NULL DEFAULT '[]';
UPDATE connector SET tariff_ids = json_array(tariff_id) WHERE tariff_id IS NOT NULL;
ALTER TABLE connector DROP COLUMN tariff_id;
-- The file's tariffs are the file's; others were brought by the operator.
ALTER TABLE tariff ADD COLUMN origin TEXT NOT NULL DEFAULT 'config';

-- What the operator says a connector costs; counts where the file names no tariff.
CREATE TABLE tariff_assignment (
  charger_id TEXT NOT NULL, -- '': every charger
  evse INTEGER NOT NULL, -- 0: every EVSE
  connector INTEGER NOT NULL, -- 0: every connector
  tariff_ids TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (charger_id, evse, connector)
) STRICT, WITHOUT ROWID;
