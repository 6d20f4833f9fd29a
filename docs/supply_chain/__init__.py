"""What the project is made of: bills of materials of its locks, and what is known against them."""
