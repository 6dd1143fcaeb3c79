"""A tenant as a file: read, compared with what a gateway has, applied, and written again."""
