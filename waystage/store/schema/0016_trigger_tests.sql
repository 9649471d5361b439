-- Open tests of event definitions (api.md 5.7): the version that was tried, and what became of the contacts.
CREATE TABLE trigger_test (
  account BIGINT NOT NULL,
  event_definition BIGINT NOT NULL,
  guid TEXT NOT NULL,
  version BIGINT NOT NULL,
  report TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (account, event_definition)
);
