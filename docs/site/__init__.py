"""The site of the docs: pages of the tree and a reference made from declarations, in both languages."""
