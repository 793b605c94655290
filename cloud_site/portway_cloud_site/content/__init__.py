"""Pages and blog posts."""
