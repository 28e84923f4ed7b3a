"""digitrec reads handwritten numbers.

>>> import digitrec
>>> digitrec.read("photo.jpg").text  # doctest: +SKIP
'1042'
"""

from digitrec.images import ImageError, Photo, load
from digitrec.reader import read
from digitrec.reading import Digit, Mark, Number, Reading, Refusal
from digitrec.strokes import Stroke

__all__ = [
    "Digit",
    "ImageError",
    "Mark",
    "Number",
    "Photo",
    "Reading",
    "Refusal",
    "Stroke",
    "load",
    "read",
]
__version__ = "0.1.0"
