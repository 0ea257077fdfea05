"""Debts of an account over all kinds: read, as records and as tables."""
