"""Services outside our walls, each a small contract with a double that ships."""
