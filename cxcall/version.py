"""The version of cxcall and where its documentation is: a module of its own, which imports nothing."""

__version__ = "0.2.0"
PROJECT_URL = "https://github.com/cxcall/cxcall"
SOURCE_URL = f"{PROJECT_URL}/blob/main/"
"""Where the files of the repository can be read."""
