"""What people need to put a venue to the test: scenarios that are read, played and checked."""
