"""The archive: one dossier for every ticket that is over, in a chain that shows every change."""
