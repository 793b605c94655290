"""What a site holds now of everything that came from a source: one side of the proof."""
