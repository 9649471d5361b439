"""All SQL, and nothing but SQL and rows. No module here commits: transactions are opened by the floors above."""
