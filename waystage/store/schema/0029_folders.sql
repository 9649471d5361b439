-- Folders that somebody made; the roots exist by themselves. Names are unique within their parent in any letter case.
CREATE TABLE folder (
  number {serial},
  account BIGINT NOT NULL,
  guid TEXT NOT NULL,
  key TEXT NOT NULL,
  parent BIGINT NOT NULL,
  content_type TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  description TEXT NOT NULL,
  created BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  modified_by BIGINT NOT NULL
);

CREATE UNIQUE INDEX folder_name ON folder (account, parent, name_folded);
