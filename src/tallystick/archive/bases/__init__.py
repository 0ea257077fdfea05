"""Databases that an archive can be kept in: a file of SQLite, or PostgreSQL by its address."""
