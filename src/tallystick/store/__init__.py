"""Stores: the journal, the rows of the histories, keys and snapshots. Bytes in, bytes out."""
