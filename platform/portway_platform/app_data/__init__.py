"""Files of a transfer: uploads, storage, downloads."""
