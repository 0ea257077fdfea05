"""Bytes to records and back. Pure, and ignorant of which side of the wire it stands on."""
