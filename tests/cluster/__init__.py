"""Several servers of one database: most of it with a database that is a few lists in this process."""
