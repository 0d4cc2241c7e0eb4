-- Where the meter of a running transaction fell and stayed low: it was reset, or began to count the session (Q52). What
-- was measured up to then counts, and later readings count from there on.
CREATE TABLE register_fall (
  transaction_seq INTEGER NOT NULL,
  reported_at INTEGER NOT NULL, -- of the first low reading
  high_wh INTEGER NOT NULL, -- the last reading before
  base_wh INTEGER NOT NULL, -- what the meter stood at when it began anew
  PRIMARY KEY (transaction_seq, reported_at)
) STRICT, WITHOUT ROWID;

-- Readings that the meter signed (Q50): where in the meter log they stand. The same one twice is one row (law 3).
CREATE TABLE signed_reading (
  transaction_seq INTEGER NOT NULL,
  reported_at INTEGER NOT NULL,
  hash INTEGER NOT NULL, -- of what was said
  line INTEGER NOT NULL,
  PRIMARY KEY (transaction_seq, reported_at, hash)
) STRICT, WITHOUT ROWID;
