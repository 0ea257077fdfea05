"""Archive of the histories of accounts, in one file: pulled by the client, proven whole, and handed on.

streams    lists that are kept, and what is said about each
store      the file: accounts, series, rows, pages, spans
pulling    reads a series newest first and then backwards, and can stop anywhere
spans      which times of a series are proven whole
chains     each bill carries its balance: the chain of a coin is unbroken and ends at the live balance
checking   all of it held against each other
"""
