"""What uploads are made of: the form they come in, their type, their names and their ranges."""
