-- Where the event of a member lies if it is not the lane in its name: the database was moved to another number of lanes.
ALTER TABLE event_member ADD COLUMN home INTEGER;
