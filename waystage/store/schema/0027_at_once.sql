-- Versions whose goal or exit criteria act as soon as contact data change (metaData.waystage.immediate): whoever writes contact
-- data tells the lanes of it only in business units that have one that runs.
CREATE TABLE at_once (
  account BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (account, version)
);
