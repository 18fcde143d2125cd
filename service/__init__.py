"""The one place where things are wired: settings, app, command line, jobs."""
