"""What the sandbox tells about itself: its page, the requests that it received, and the outcomes of its calls."""
