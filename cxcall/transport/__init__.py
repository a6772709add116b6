"""One HTTP exchange: connection, request, response, failures, and authorization."""
