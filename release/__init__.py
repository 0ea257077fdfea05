"""What a release is made of and checked by: packages, a story through each, a bare Debian, the checks before it."""
