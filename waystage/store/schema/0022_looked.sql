-- What a choice looked at that may be different later: contact data, related rows, outputs, heard events (design 8.6). hop is
-- the one in which it was looked at; activity is its place in the document, 0 for goal and exit criteria (in hop 0 the entry filter), and its negative
-- for what decided about a rest there. data: arrays of values, in the order in which the plan names them (plan/looks.py).
CREATE TABLE looked (
  lane INTEGER NOT NULL,
  instance BIGINT NOT NULL,
  hop BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  data {json} NOT NULL,
  PRIMARY KEY (lane, instance, hop, activity)
) {clustered};
