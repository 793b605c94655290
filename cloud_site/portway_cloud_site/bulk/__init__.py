"""The bulk door: items enter by the key they had at their source, many in one transaction."""
