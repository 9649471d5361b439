-- Finding an exit that is still to be carried out among the events that wait beside it; events never enter this index.
CREATE INDEX inbox_exits ON inbox (lane, contact_key) WHERE kind = 4;
