"""What the public contract leaves open, as switches of each site."""
