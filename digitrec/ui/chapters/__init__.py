"""The course's chapters, in their order: each is a title and a function that draws it."""
