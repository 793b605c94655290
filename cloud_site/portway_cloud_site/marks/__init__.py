"""What stands beside content: likes, watches, properties, templates."""
