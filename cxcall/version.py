"""The version of cxcall and the address of its documentation; this module imports nothing."""

__version__ = "0.2.0"
PROJECT_URL = "https://github.com/cxcall/cxcall"
SOURCE_URL = f"{PROJECT_URL}/blob/main/"
"""The address of the repository's files."""
