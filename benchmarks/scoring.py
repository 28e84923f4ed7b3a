from __future__ import annotations


def edit_distance(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def comparable(label: str, source: str) -> str:
    tokens = label.replace("_", " ").split()
    return "".join(sorted(tokens) if source.endswith("_scatter") else tokens)
