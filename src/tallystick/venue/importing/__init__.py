"""Import of candles as people have them: recognised by content, checked row by row, written as a market of one's own.

Nothing is mended. Whatever is wrong is a fault that names its file and line, and a market with a fault is not written.
"""
