-- No two EVSEs have one name, and clouds tell no upper case from lower (OCPI CiString).
CREATE INDEX evse_uid ON evse (uid COLLATE NOCASE);
CREATE INDEX evse_name ON evse (evse_id COLLATE NOCASE);
