-- Sessions change as they run, so a list of those that changed in a span of time cannot be cut by updated_at alone. What never
-- changes is a session's place in the order of creation and when it was made; the few that changed long after are found
-- by blocks. So pages and totals cost the same however long the list is.
ALTER TABLE session ADD COLUMN created_at INTEGER; -- stamp of the commit that made it: rises with the place
ALTER TABLE session ADD COLUMN position INTEGER; -- among all, from 1
ALTER TABLE session ADD COLUMN peer_position INTEGER; -- among those of its peer, from 1
UPDATE session SET created_at = made, position = nth, peer_position = nth_of_peer FROM (
  SELECT seq AS line, row_number() OVER (ORDER BY seq) AS nth,
    CASE WHEN peer IS NOT NULL THEN row_number() OVER (PARTITION BY peer ORDER BY seq) END AS nth_of_peer,
    -- Not known of old ones; this rises with the place too and is never after their last change.
    min(updated_at) OVER (ORDER BY seq ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS made
  FROM session
) WHERE seq = line;
CREATE UNIQUE INDEX session_position ON session (position);
CREATE UNIQUE INDEX session_peer_position ON session (peer, peer_position) WHERE peer IS NOT NULL;
CREATE INDEX session_peer_updated ON session (peer, updated_at);
DROP INDEX session_peer;

-- When the newest change was to the sessions of a block of 256 places that are not under way.
CREATE TABLE session_block (
  peer TEXT NOT NULL, -- '': among all
  block INTEGER NOT NULL,
  latest INTEGER NOT NULL,
  PRIMARY KEY (peer, block)
) STRICT, WITHOUT ROWID;
INSERT INTO session_block (peer, block, latest)
  SELECT '', (position - 1) / 256, max(updated_at) FROM session
  WHERE status NOT IN ('PENDING', 'ACTIVE', 'RESERVATION') GROUP BY 2;
INSERT INTO session_block (peer, block, latest)
  SELECT peer, (peer_position - 1) / 256, max(updated_at) FROM session
  WHERE peer IS NOT NULL AND status NOT IN ('PENDING', 'ACTIVE', 'RESERVATION') GROUP BY 1, 2;

CREATE TRIGGER session_made AFTER INSERT ON session
WHEN NEW.position IS NOT NULL AND NEW.status NOT IN ('PENDING', 'ACTIVE', 'RESERVATION') BEGIN
  INSERT INTO session_block (peer, block, latest) VALUES ('', (NEW.position - 1) / 256, NEW.updated_at)
    ON CONFLICT DO UPDATE SET latest = max(latest, excluded.latest);
  INSERT INTO session_block (peer, block, latest)
    SELECT NEW.peer, (NEW.peer_position - 1) / 256, NEW.updated_at WHERE NEW.peer IS NOT NULL
    ON CONFLICT DO UPDATE SET latest = max(latest, excluded.latest);
END;
CREATE TRIGGER session_settled AFTER UPDATE OF status, updated_at ON session
WHEN NEW.position IS NOT NULL AND NEW.status NOT IN ('PENDING', 'ACTIVE', 'RESERVATION') BEGIN
  INSERT INTO session_block (peer, block, latest) VALUES ('', (NEW.position - 1) / 256, NEW.updated_at)
    ON CONFLICT DO UPDATE SET latest = max(latest, excluded.latest);
  INSERT INTO session_block (peer, block, latest)
    SELECT NEW.peer, (NEW.peer_position - 1) / 256, NEW.updated_at WHERE NEW.peer IS NOT NULL
    ON CONFLICT DO UPDATE SET latest = max(latest, excluded.latest);
END;

-- What is due is taken in the order of change among what is due alike.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (peer, module, state, next_at, changed_at);
