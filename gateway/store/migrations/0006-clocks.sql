-- How far chargers' clocks are ahead of the UTC that their times claim to be: learnt from live messages, or told by the
-- configuration. What is stored of their running transactions has been corrected by it.
CREATE TABLE charger_clock (
  charger_id TEXT PRIMARY KEY REFERENCES charger (id) ON DELETE CASCADE,
  offset_minutes INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Chargers are recognised whatever the case they write their id in.
CREATE INDEX charger_any_case ON charger (id COLLATE NOCASE);
