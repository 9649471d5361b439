-- Who may call: business units, their API clients (secrets as argon2 hashes) and access tokens (as SHA-256).
CREATE TABLE business_unit (
  account BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  created BIGINT NOT NULL
);

CREATE TABLE client (
  number {serial},
  client_id TEXT NOT NULL UNIQUE,
  secret_hash TEXT NOT NULL,
  account BIGINT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created BIGINT NOT NULL,
  revoked BIGINT
);

-- expires is real time, not journey time (contract 12).
CREATE TABLE token (
  digest TEXT PRIMARY KEY,
  client BIGINT NOT NULL,
  account BIGINT NOT NULL,
  scopes TEXT NOT NULL,
  expires BIGINT NOT NULL
);

CREATE INDEX token_expiry ON token (expires);
