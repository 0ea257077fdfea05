"""Endpoints as typed methods, a module for each subject.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""
