-- A charger that was cut off tells late that its driver had come: which reservation had run out meanwhile?
CREATE INDEX reservation_expired ON reservation (ended_at) WHERE state = 'expired';
