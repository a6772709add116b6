"""Read commands of a shell: curl, wget, HTTPie, the Postman CLI, and `gc`."""
