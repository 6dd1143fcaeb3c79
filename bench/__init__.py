"""Measures the gateway against limits measured in the same run: `python -m bench`."""
