"""Read JSON: HAR files, Postman collections, exchanges, and objects of clients and platforms."""
