-- History and statistics (journey-spec 9). Nothing here is written by the hot statements but `daily`, once for each batch.
-- When a version was stopped, in ms of journey time: whoever was inside left at that instant (design 8.12).
ALTER TABLE version ADD COLUMN stopped BIGINT;
-- Counters by day of the account's zone (days since 1970); names as in `counter`, and `reached` of an activity.
CREATE TABLE daily (
  lane INTEGER NOT NULL,
  version BIGINT NOT NULL,
  day INTEGER NOT NULL,
  activity INTEGER NOT NULL,
  name TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (lane, version, day, activity, name)
) {clustered};
-- What had been counted when the goal of a version was last cleared (api.md 5.3): in all, and on the day of the clearing.
CREATE TABLE goal_cleared (
  version BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  day INTEGER NOT NULL,
  met BIGINT NOT NULL,
  met_that_day BIGINT NOT NULL,
  PRIMARY KEY (version, activity)
);
-- Rare rows, found in time order or by contact; the indexes hold nothing of what goes well.
CREATE INDEX remark_of_contact ON remark (lane, contact, seq);
CREATE INDEX goal_met_in_time ON goal_met (lane, at, version, instance);
CREATE INDEX receipt_failed ON receipt (lane, at, seq) WHERE status = 'failed';
CREATE INDEX outbox_suppressed_of_contact ON outbox (lane, contact, seq) WHERE state = 2;
-- How far the history of old passages has been forgotten: the limit of the present or last walk through hop_log, the last
-- number that it has looked at, and whether it is over.
CREATE TABLE forgotten (
  lane INTEGER PRIMARY KEY,
  cutoff BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  is_over SMALLINT NOT NULL
);
