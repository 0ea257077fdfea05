"""Faults of what is said: rules that make answers and messages go wrong, and leave no trace in the journal."""
