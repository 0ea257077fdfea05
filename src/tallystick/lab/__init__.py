"""Lab: many price paths over one book of loans, decided by the venue's own rules."""
