-- Simulations (contract 21): what was asked for, what is run from it until it is over, and what came of it. Kept for 30 days.
-- created and ended: ms of journey time; task is '' when it is over, as it may hold personal data.
CREATE TABLE simulation (
  account BIGINT NOT NULL,
  guid TEXT NOT NULL,
  status TEXT NOT NULL,
  asked TEXT NOT NULL,
  task TEXT NOT NULL,
  outcome TEXT NOT NULL,
  created BIGINT NOT NULL,
  ended BIGINT,
  PRIMARY KEY (account, guid)
) {clustered};
CREATE INDEX simulation_pending ON simulation (created, guid) WHERE ended IS NULL;
CREATE INDEX simulation_age ON simulation (created);
