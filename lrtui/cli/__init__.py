"""The command line: it parses, builds a configuration, and calls. Nothing heavy is imported at the top."""
