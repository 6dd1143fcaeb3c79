"""The people of a platform and the users of a tenant: who is whom, in bulk and by hand."""
