"""Words for what was asked for and what happened: a line for every command and event, in both languages."""
