"""For authors: what makes notebooks/, solutions/ and data/ from lessons/. Nothing in mktlib imports it."""
