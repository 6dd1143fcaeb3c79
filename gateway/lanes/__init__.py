"""The owner of a channel's work: read, admit, resolve, group, send, acknowledge."""
