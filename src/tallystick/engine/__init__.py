"""The engine: commands in, events out. Pure integer arithmetic, without clock, disk, network or chance."""
