"""The pages admins look at: sites, spaces, pages, blog posts; read-only, without script."""
