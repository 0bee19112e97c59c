"""Rooms: a teacher and pupils who draw together for some hours, without accounts."""
