"""The pages, served by the application itself from vendored assets."""
