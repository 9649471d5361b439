-- Waiting for events, goals, timers, pauses, audiences (journey-spec 2, 3.4, 7, 8.6).
-- role 0: whoever rests here is due when the wait is over. role 1: an event has released them, they are due at once.
-- shift: ms by which a pause has moved everybody in this seat; due means due + shift (design 8.11).
ALTER TABLE seat ADD COLUMN role SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE seat ADD COLUMN shift BIGINT NOT NULL DEFAULT 0;
-- spans is 1 where people rest for a duration, which a pause may extend.
ALTER TABLE seat ADD COLUMN spans SMALLINT NOT NULL DEFAULT 0;
-- enters is 1 where the events start the version, 0 where it only waits for them.
ALTER TABLE version_event ADD COLUMN enters SMALLINT NOT NULL DEFAULT 1;
-- seq rises with every insertion into a lane's rows, in the order of the commits: what a high watermark counts (journey-spec 2.5).
ALTER TABLE row ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
INSERT INTO lane_counter (lane, name, next) SELECT lane, 'row', 1 FROM lease;
-- Who rests until an event of a definition comes (design 8.9); gone as soon as the wait ends, however it ends.
CREATE TABLE listening (
  lane INTEGER NOT NULL,
  definition BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  seat BIGINT NOT NULL,
  due BIGINT NOT NULL,
  PRIMARY KEY (lane, definition, contact, instance)
) {clustered};
-- The newest event of a definition that released a passage: at which instant, and its data.
CREATE TABLE heard (
  lane INTEGER NOT NULL,
  instance BIGINT NOT NULL,
  definition BIGINT NOT NULL,
  at BIGINT NOT NULL,
  data {json} NOT NULL,
  PRIMARY KEY (lane, instance, definition)
) {clustered};
-- Passages that have met the goal of their version, each once (design 8.8).
CREATE TABLE goal_met (
  lane INTEGER NOT NULL,
  version BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (lane, version, instance)
) {clustered};
-- Instants at which a lane does something for a version; kinds: see engine/timers.py. cursor: how far a long one has come.
CREATE TABLE timer (
  lane INTEGER NOT NULL,
  kind SMALLINT NOT NULL,
  version BIGINT NOT NULL,
  due BIGINT NOT NULL,
  cursor TEXT NOT NULL,
  PRIMARY KEY (lane, kind, version)
) {clustered};
-- Events that wait for a paused version to go on.
CREATE TABLE held (
  lane INTEGER NOT NULL,
  version BIGINT NOT NULL,
  id BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  contact_key TEXT NOT NULL,
  key TEXT NOT NULL,
  data {json} NOT NULL,
  PRIMARY KEY (lane, version, id)
) {clustered};
-- How far the audience of an event definition has been evaluated: the seq of the last row that was looked at.
CREATE TABLE watermark (
  lane INTEGER NOT NULL,
  definition BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (lane, definition)
) {clustered};
-- What people did with a message, each fact once; link is '' but for clicks (design 8.15).
CREATE TABLE engagement (
  lane INTEGER NOT NULL,
  instance BIGINT NOT NULL,
  hop BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  kind TEXT NOT NULL,
  link TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (lane, instance, hop, activity, kind, link)
) {clustered};
-- The latest pause of a version. former: the status to go back to; resumed: NULL while it lasts; guard: the action at guard_due.
CREATE TABLE pause (
  version BIGINT PRIMARY KEY,
  since BIGINT NOT NULL,
  resumed BIGINT,
  former TEXT NOT NULL,
  extend SMALLINT NOT NULL,
  retain SMALLINT NOT NULL,
  hears SMALLINT NOT NULL,
  guard TEXT NOT NULL,
  guard_due BIGINT NOT NULL
);
-- The outcome that won a path optimizer (journey-spec 3.8).
CREATE TABLE winner (
  version BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (version, activity)
);
{moment_table}
