"""The pure part of the archive: chain, dossier, retention."""
