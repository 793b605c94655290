"""Who moves, under which address, in which groups, and with which rights."""
