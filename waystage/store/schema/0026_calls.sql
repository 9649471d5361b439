-- Calls of custom activities that have no final answer yet; the row goes when the answer comes into the inbox (design 8.16).
-- Who is called rests in the queue meanwhile. parameters[0] is the contact key.
CREATE TABLE pending_call (
  lane INTEGER NOT NULL,
  version BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  hop BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  content BIGINT NOT NULL,
  parameters {json} NOT NULL,
  PRIMARY KEY (lane, version, activity, seq)
) {clustered};
-- Custom activities that are still to be told that their version has ended; word: stop or unpublish (journey-spec 6.2).
CREATE TABLE farewell (
  number {serial},
  version BIGINT NOT NULL,
  word TEXT NOT NULL
);
