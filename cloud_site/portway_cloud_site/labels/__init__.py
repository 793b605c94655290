"""Labels, and what they are put on."""
