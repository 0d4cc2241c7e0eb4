-- A bill line never changes, so its place in a list never does either: pages and totals are found by place, not by counting.
DROP TRIGGER cdr_frozen;
ALTER TABLE cdr ADD COLUMN position INTEGER; -- among all, from 1
ALTER TABLE cdr ADD COLUMN peer_position INTEGER; -- among those of its peer, from 1
UPDATE cdr SET position = place, peer_position = peer_place FROM (
  SELECT seq AS line, row_number() OVER (ORDER BY seq) AS place,
    row_number() OVER (PARTITION BY peer ORDER BY seq) AS peer_place FROM cdr
) WHERE seq = line;
CREATE UNIQUE INDEX cdr_position ON cdr (position);
CREATE UNIQUE INDEX cdr_peer_position ON cdr (peer, peer_position) WHERE peer IS NOT NULL;
CREATE INDEX cdr_peer_updated ON cdr (peer, updated_at);
DROP INDEX cdr_peer;
CREATE TRIGGER cdr_frozen BEFORE UPDATE ON cdr BEGIN SELECT RAISE(ABORT, 'a CDR is frozen'); END;
