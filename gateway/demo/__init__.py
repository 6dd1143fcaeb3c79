"""A whole gateway to try: emulated platforms, a ready tenant, and no account anywhere."""
