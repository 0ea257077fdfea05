"""Control calls: the venue's own endpoints for clock, market, numbers, users, platform and journal."""
