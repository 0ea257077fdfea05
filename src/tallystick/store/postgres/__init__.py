"""The store on PostgreSQL: journal, histories, snapshots, keys and settings in one schema of a database.

Nothing here is imported before a store is opened by its address: asyncpg is an extra, and loads late.
"""
