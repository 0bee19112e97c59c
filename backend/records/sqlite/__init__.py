"""Records in one SQLite file: the store that needs nothing else."""
