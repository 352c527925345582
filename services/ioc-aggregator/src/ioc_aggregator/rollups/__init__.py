"""The state: dense columns in memory, a journal and snapshots in PostgreSQL, sums over the tree."""
