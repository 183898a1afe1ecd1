"""One verb a function, the transaction given: what happens, decided by domain, kept by store."""
