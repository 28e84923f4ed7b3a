"""Run every benchmark and write benchmarks/results.md: `python -m benchmarks`."""

from pathlib import Path

from benchmarks import accuracy, peers, speed

PARTS = {
    "How well it reads": accuracy.main,
    "Beside other readers": peers.main,
    "How fast, in how much memory": speed.main,
}

if __name__ == "__main__":
    sections = [f"## {title}\n\n{measure([])}" for title, measure in PARTS.items()]
    text = "# Results\n\n" + "\n\n".join(sections) + "\n"
    (Path(__file__).parent / "results.md").write_text(text)
    print(text)
