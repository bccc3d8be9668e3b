-- What only one kind of cloud understands of a placement, such as {"spot": "true"}: texts by name. A VM keeps those it was
-- asked for with, so that its row makes the same request to the letter for ever.
ALTER TABLE placement ADD COLUMN options jsonb NOT NULL DEFAULT '{}';
ALTER TABLE vm ADD COLUMN options jsonb NOT NULL DEFAULT '{}';

-- Whether the cloud knows the names of a placement, as it last said. No part of the configuration: the pool's version stays.
ALTER TABLE placement
    ADD COLUMN checked_at timestamptz, -- when it was last asked, null if never
    ADD COLUMN note text;              -- what is wrong with them, or why that could not be found out; null if all are known
