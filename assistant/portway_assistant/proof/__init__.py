"""The proof: both sides counted and compared, every difference explained or named."""
