"""What every part shares and nobody owns: errors, ids, time, the database transaction, jobs, the principal."""
