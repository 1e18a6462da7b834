"""What people do about many exceptions at once, who has which, how its owners hear of it, and acts on orders."""
