"""The statements that may break a rule, with the reason: none of them runs in a batch of the engine.

A place is a module and a function of it, or a whole module.
"""

_ACROSS_LANES = {
    "store/asks.py:answers": "whether all lanes are at rest: one row a lane",
    "store/bulk.py:_looked_up": "contacts of an import, each by its key; on many lanes it is one look for all",
    "store/calls.py:lanes": "where there is something to call, once for each look at the outbox",
    "store/checkups.py": "an operator's check of a running system",
    "store/contacts.py:find_any_case": "a key in another letter case, when the key itself is unknown",
    "store/daily.py:_counted": "sums of counters, one row for each lane, day and name (design 3.8)",
    "store/daily.py:_met": "sums of counters, one row for each lane, day and name (design 3.8)",
    "store/event_requests.py:search": "an operator's list: one account, a page at a time, newest first",
    "store/figures.py": "an operator's figures, each bounded; asked every few seconds at most",
    "store/history_filters.py:_first_rows": "an operator's list: one row at the bound of each lane, by its key",
    "store/history_filters.py:logs_of": "an operator's list: how far each lane has come, one row a lane",
    "store/inbox.py:waiting_lanes": "which lanes to take a turn in: one look for each lane",
    "store/leases.py:holders": "who has which lane: one row a lane",
    "store/leases.py:last_instant": "how far journey time has come: one row a lane",
    "store/leases.py:release": "at the end of a process: its own lanes, one row each",
    "store/leases.py:renew": "every other second: its own lanes, one row each",
    "store/migrate.py:_apply": "a new schema file: it fills what it has made",
    "store/outbox.py:heads": "where there is something to send: one row a lane",
    "store/outbox.py:marks": "where a sender goes on after a start: one row a lane",
    "store/outbox.py:next_retries": "where a sender goes on after a start: what failed and is to be tried again",
    "store/plans.py:_to_be_cleared": "which stopped versions still have rows, at a start: a look for each seat",
    "store/row_reads.py:count": "how many rows a data extension has, asked by a person; read in slices",
    "store/row_reads.py:in_order": "a page of a data extension in the order that a person asked for",
    "store/statistics.py:activities": "sums of counters, one row for each lane and name (design 3.8)",
    "store/statistics.py:population": "sums of counters, one row for each lane and name (design 3.8)",
    "store/statistics.py:totals": "sums of counters, one row for each lane and name (design 3.8)",
    "store/timers.py:all_done": "whether every lane has had its audience, once for each occurrence",
    "store/whereabouts.py:find": "a name from before a move to other lanes: one look by key into each lane",
}

_WITH_THE_CLOCK = {
    "operations/doctor.py:_made": "for how long a session has been idle, by the server's own clock; it only reads",
    "store/database.py:Database.server_time": "how far this machine's clock is off; in no transaction that writes",
}

#: Counts up to a bound: which rows are counted does not matter.
_WITHOUT_AN_ORDER = {"store/figures.py": "an operator's figures, each bounded"}

#: Modules that read or fill a database as a whole, while nobody uses it.
WHOLE_DATABASES = {
    "store/copying.py",
    "store/manifests.py",
    "store/relocate.py",
    "store/relocated_lanes.py",
    "store/relocated_timers.py",
    "store/relocation.py",
    "store/transfer.py",
}

EXCEPTIONS = {
    "one lane": _ACROSS_LANES,
    "no time, no chance": _WITH_THE_CLOCK,
    "no reckoning with time": _WITH_THE_CLOCK,
    "LIMIT has an order": _WITHOUT_AN_ORDER,
}
