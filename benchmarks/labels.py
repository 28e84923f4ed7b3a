"""Forms with a printed word before the numbers of each row: which numbers are found, and no more.

The pages are synthetic: MNIST's test digits beside a printed sans serif, photographed.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections import Counter

import cv2

from benchmarks.synthetic_pages import random_page
from benchmarks.tables import conditions, percent, table
from digitrec.classifier import in_service
from digitrec.reader import read

HEAD = ("pages", "read exactly right", "numbers", "found", "read where there is none")


def main(arguments: list[str] | None = None) -> str:
    """Measure, and return the table as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labels", description=__doc__)
    parser.add_argument("--pages", type=int, default=100, help="pages (100)")
    pages = parser.parse_args(arguments).pages
    with multiprocessing.get_context("spawn").Pool(None, cv2.setNumThreads, [1]) as pool:
        counts = pool.map(_counts, range(pages), chunksize=4)
    right, there, found, more = (sum(column) for column in zip(*counts, strict=True))
    row = (pages, percent(right, pages), there, percent(found, there), more)
    return f"{table(HEAD, [row])}\n\n{conditions(in_service())}"


def _counts(seed: int) -> tuple[bool, int, int, int]:
    written = random_page(seed, "labels")
    text = read(written.pixels).text
    wanted, said = Counter(written.text.split()), Counter(text.split())
    found = (wanted & said).total()
    return text == written.text, wanted.total(), found, said.total() - found


if __name__ == "__main__":
    print(main())
