"""Who may do what: restrictions of content, permissions in spaces, and what follows."""
