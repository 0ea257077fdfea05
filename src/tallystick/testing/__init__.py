"""Testing: scenarios that are read, played and checked, and the pytest plugin with its kit."""
