-- Which process works on something that is to be done once: a job, rows, a simulation, an import; owner is its name. What is
-- claimed by a process that is gone may be claimed anew.
CREATE TABLE claim (
  kind TEXT NOT NULL,
  thing TEXT NOT NULL,
  owner TEXT NOT NULL,
  PRIMARY KEY (kind, thing)
) {clustered};
