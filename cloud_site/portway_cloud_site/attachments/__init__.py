"""Attachments: a row for what is known of a file, and its bytes in the files folder."""
