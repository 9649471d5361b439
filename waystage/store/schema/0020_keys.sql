-- Secrets that calls of custom activities are signed with (contract 16), encrypted; key_folded finds them in any case.
CREATE TABLE signing_key (
  account BIGINT NOT NULL,
  key_folded TEXT NOT NULL,
  key TEXT NOT NULL,
  sealed TEXT NOT NULL,
  created BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  PRIMARY KEY (account, key_folded)
);
