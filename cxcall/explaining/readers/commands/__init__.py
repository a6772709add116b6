"""Read shell commands: curl, wget, HTTPie, the Postman CLI, and `gc`. `readers/code/` reads PowerShell."""
