"""What content was before: older versions of pages, blog posts and files."""
