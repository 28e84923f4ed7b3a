"""The course's chapters, one a module: `draw` draws it; `course` has their order and titles."""
