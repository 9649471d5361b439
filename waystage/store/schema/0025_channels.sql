-- Ways out besides e-mail: stored messages that are no e-mails, and messages that wait for the end of a black-out window.
ALTER TABLE asset ADD COLUMN is_email SMALLINT NOT NULL DEFAULT 1;
-- By which channel the messages of a form leave.
ALTER TABLE form ADD COLUMN channel TEXT NOT NULL DEFAULT 'email';
CREATE INDEX form_channel ON form (channel, id);
-- Messages of state -1 until `due` (journey time); then they are handed to the sender as retries (journey-spec 3.11).
CREATE TABLE deferred (
  lane INTEGER NOT NULL,
  due BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  channel TEXT NOT NULL,
  PRIMARY KEY (lane, due, seq)
) {clustered};
