"""Parts and checks of a release: packages, a story through each, a bare Debian, the checks before it."""
