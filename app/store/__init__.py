"""What is remembered, in PostgreSQL; nothing outside this ring speaks SQL."""
