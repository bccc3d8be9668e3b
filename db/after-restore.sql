-- To be run once on a database that was restored from a copy, before the service starts on it again.
-- What the copy calls free may have been given to somebody since: it is held, so that it is neither granted nor
-- deleted, until an operator has looked and lets it go; so is what it calls held until some time, which may have passed.
-- What is allocated stays with its owner and is not touched.
UPDATE vm
SET held = true, held_reason = 'the database was restored from a copy', held_until = NULL, version = version + 1
WHERE state NOT IN ('ALLOCATED', 'DELETED') AND (NOT held OR held_until IS NOT NULL);
