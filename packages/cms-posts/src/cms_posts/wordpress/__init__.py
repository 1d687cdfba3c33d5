"""WordPress exports (WXR): read as a stream, and their content turned into storable HTML."""
