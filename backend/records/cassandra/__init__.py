"""Records in Cassandra: the store for many machines."""
