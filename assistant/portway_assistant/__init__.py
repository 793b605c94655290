"""The admin's side: sources, assessment, domains, checks, plans, core migration, web pages."""
