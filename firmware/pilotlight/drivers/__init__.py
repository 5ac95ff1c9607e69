"""One device each, over constructed ports and streams. Integers out, no policy."""
