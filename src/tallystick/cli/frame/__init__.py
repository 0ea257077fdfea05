"""Frame of the command line: options, languages, answers and errors that all commands share."""
