"""Cloud apps installed on sites: descriptor, handshake, registered endpoints."""
