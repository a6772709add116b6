"""The sandbox's reports about itself: its page, the requests that it received, and the outcomes of its calls."""
