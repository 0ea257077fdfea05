"""Levers of the venue as commands, made from the declarations of the control calls."""
