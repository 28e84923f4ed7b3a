"""Every benchmark but the long ones, as README has them: `python -m benchmarks`."""

from benchmarks import accuracy, labels, peers, speed, surroundings, touching

PARTS = {
    "How well": (accuracy.main, []),
    "Beside other readers": (peers.main, []),
    "Speed and memory": (speed.main, []),
    "Digits that touch": (touching.main, ["--numbers", "60"]),
    "Forms with printed words": (labels.main, ["--pages", "200"]),
    "Pages with something around the numbers": (surroundings.main, []),
}

if __name__ == "__main__":
    for title, (measure, arguments) in PARTS.items():
        print(f"## {title}\n\n{measure(arguments)}\n", flush=True)
