"""Telling of what happened: a line of words for every kind of event, in English and in Chinese."""
