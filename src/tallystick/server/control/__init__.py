"""Control calls: the venue's own endpoints for clock, market, parameters, users, platform and journal."""
