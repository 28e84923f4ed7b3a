"""One other reader, in its own Python: picture paths on stdin, what it read as JSON on stdout.

Runs by path, so that these readers' environment needs nothing of digitrec's, nor it of theirs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Reader = Callable[[str], str]


def tesseract(mode: str) -> Reader:
    """Debian's `tesseract-ocr`, digits whitelisted, in one page segmentation mode."""
    options = ["--psm", mode, "-c", "tessedit_char_whitelist=0123456789"]

    def read(path: str) -> str:
        done = subprocess.run(
            ["/usr/bin/env", "tesseract", path, "stdout", *options],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    return read


def rapidocr(mode: str) -> Reader:
    """`default`; `recognition` without its detector; `masked` besides to blank and digits only."""
    from rapidocr_onnxruntime import RapidOCR  # type: ignore[import-not-found]

    engine = RapidOCR()
    if mode == "masked":
        recogniser = engine.text_rec
        letters = recogniser.postprocess_op.character  # 0 is the blank
        kept = [i for i, letter in enumerate(letters) if i == 0 or letter in "0123456789"]
        session = recogniser.session

        def masked(batch: Any) -> Any:
            found = session(batch)[0]
            digits = found * 0
            digits[..., kept] = found[..., kept]
            return [digits]

        recogniser.session = masked

    def read(path: str) -> str:
        if mode == "default":
            found = engine(path)[0]
            return " ".join(text for _, text, _ in found or [])
        found = engine(path, use_det=False, use_cls=False, use_rec=True)[0]
        return " ".join(text for text, _ in found or [])

    return read


def ddddocr(_mode: str) -> Reader:
    from ddddocr import DdddOcr  # type: ignore[import-not-found]

    engine = DdddOcr(show_ad=False)

    def read(path: str) -> str:
        return str(engine.classification(Path(path).read_bytes()))

    return read


def main() -> None:
    engine, mode = sys.argv[1:]
    read = {"tesseract": tesseract, "rapidocr": rapidocr, "ddddocr": ddddocr}[engine](mode)
    for line in sys.stdin:
        start = time.perf_counter()
        text = read(line.strip())
        seconds = time.perf_counter() - start
        digits = "".join(letter if letter in "0123456789" else " " for letter in text).split()
        print(json.dumps({"text": " ".join(digits), "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
