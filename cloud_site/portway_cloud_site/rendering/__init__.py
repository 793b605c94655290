"""From storage format to HTML that is safe to show: parse, convert what is known, sanitise."""
