"""The working sets of a batch: `arriving` for events being admitted, `work` for instances being moved, `moment` for
instants that were computed for them.

They hold one batch of one lane and are empty between transactions. On one file they lie in memory.
"""

from __future__ import annotations

#: n numbers the rows of a batch in the order of their events; every event of a contact but the first waits for the next
#: slice (design 8.18). new_contact and new_row say what is to be made; gone that the contact was deleted.
ARRIVING = """
  lane INTEGER NOT NULL,
  n BIGINT NOT NULL,
  id BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  contact_key TEXT NOT NULL,
  new_contact SMALLINT NOT NULL,
  gone SMALLINT NOT NULL,
  key TEXT NOT NULL,
  new_row SMALLINT NOT NULL,
  data {json} NOT NULL"""

#: due is what a value (as text) means at an activity: instants are computed outside SQL (design 8.19).
MOMENT = """
  lane INTEGER NOT NULL,
  activity INTEGER NOT NULL,
  value TEXT NOT NULL,
  due BIGINT NOT NULL,
  PRIMARY KEY (lane, activity, value)"""

#: leaf is the way taken in the present stride; trail what was passed in earlier strides of this hop (0: nothing).
#: event and data are those of whoever has just entered, else NULL.
WORK = """
  lane INTEGER NOT NULL,
  n {position},
  instance BIGINT NOT NULL,
  hop BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  place INTEGER NOT NULL,
  trail INTEGER NOT NULL,
  leaf INTEGER NOT NULL,
  event BIGINT,
  data {json}"""
