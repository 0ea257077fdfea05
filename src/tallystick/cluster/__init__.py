"""Several servers of one database: one leads, the others follow its journal and pass on what only it may answer."""
