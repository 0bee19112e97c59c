"""Records in SQLite: the store for one machine."""
