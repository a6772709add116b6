"""Find what a response proves: whether a call was placed, identifiers, and reasons for refusal."""
