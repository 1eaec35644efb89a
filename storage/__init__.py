"""What we keep: tables, queries, migrations. Every row belongs to one workspace, and every query names it."""
