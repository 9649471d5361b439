-- Who is not written to, and what people did with a message (journey-spec 3.7, 8.8; contract 25).
-- A state of the outbox from 2 on means that nobody gets the message, and says why: see plan/effects.py.
DROP INDEX outbox_suppressed;
DROP INDEX outbox_suppressed_of_contact;
CREATE INDEX outbox_suppressed ON outbox (lane, seq, state) WHERE state >= 2;
CREATE INDEX outbox_suppressed_of_contact ON outbox (lane, contact, seq, state) WHERE state >= 2;
-- From which lists of a channel a contact wants nothing more; list_id 0 stands for everything that comes by it. The
-- channel '' stands for all: the contact is deleted.
CREATE TABLE unsubscribed (
  lane INTEGER NOT NULL,
  contact BIGINT NOT NULL,
  channel TEXT NOT NULL,
  list_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (lane, contact, channel, list_id)
) {clustered};
INSERT INTO unsubscribed (lane, contact, channel, list_id, at)
  SELECT lane, contact, '', 0, deleted FROM contact WHERE deleted IS NOT NULL;
-- What the public links of messages are signed with; drawn once for each database.
CREATE TABLE link_key (
  number INTEGER PRIMARY KEY,
  secret TEXT NOT NULL
);
