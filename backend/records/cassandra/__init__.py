"""Records in Cassandra: the store for several machines."""
