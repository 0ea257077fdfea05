"""Console: a page in the browser over the control calls of a venue, served by a process of its own."""
