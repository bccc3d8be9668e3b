-- The log of use by day: what ended since, beside what still is.
CREATE INDEX allocation_ended ON allocation (ended_at) WHERE state = 'ENDED';
