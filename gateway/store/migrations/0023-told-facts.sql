-- What tells a start that comes late from one of another transaction under the same id.
ALTER TABLE told_transaction ADD COLUMN started INTEGER NOT NULL DEFAULT 0; -- has its start come?
ALTER TABLE told_transaction ADD COLUMN reported_at INTEGER; -- the charger's clock: the latest that was told of; null: nothing that can be believed
ALTER TABLE told_transaction ADD COLUMN placed INTEGER NOT NULL DEFAULT 1; -- did it say where it is? 0: that is a guess of ours
-- Readings from before it became a transaction, which has them then: from the cable to the card.
ALTER TABLE told_transaction ADD COLUMN samples TEXT; -- JSON; null: none
ALTER TABLE told_transaction DROP COLUMN register_wh;
CREATE INDEX told_transaction_transaction ON told_transaction (transaction_id) WHERE transaction_id IS NOT NULL;
