"""Comparing recorded answers of the exchange with what the contract declares."""
