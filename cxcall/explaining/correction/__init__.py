"""Write the corrected form of a request that failed."""
