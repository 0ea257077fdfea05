"""Archive of the histories of accounts, in one file: pulled by the client, proven whole, and handed on.

streams    lists that are kept, and what is said about each
bases      what an archive is kept in: a file of SQLite, or PostgreSQL
store      accounts, series, rows, spans
pulling    reads a series newest first and then backwards, and can stop anywhere
vanished   rows that a list showed once and does not show any more
spans      which times of a series are proven whole
sweep      one pass over the rows of an account, for all that is checked of them
bills      fields of the bills of both accounts that others read
chains     each bill carries its balance: the chain of a coin is unbroken and ends at the live balance
pairs      each row has its bill, and each bill its cause
checking   all of it held against each other
verified   how far it was checked, so that the next check may begin there
"""
