"""Books and models of `tally lab`, from what a command line names."""
