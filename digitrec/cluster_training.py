"""The parts of a run as tasks on a Ray cluster, followed as those on this machine are.

No node needs our files: a part's plan and checkpoint go with its task, and what it makes and tells
comes back as it does.
"""

from __future__ import annotations

import itertools
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digitrec import storage
from digitrec.cluster import connect
from digitrec.crossval import Part, RunError, check, start_worker
from digitrec.language import N_, Sentence
from digitrec.runs import Run, part_name
from digitrec.worker import EXAMPLES

POLL_SECONDS = 0.5
# Files and lines of events that are new; at the end a worker's exit status, output and log.
Step = tuple[dict[str, bytes], list[str], tuple[int, str, str] | None]


class OnRay:
    """Each part is a task. Raises `ClusterError` when there is no cluster."""

    here = False

    def __init__(self) -> None:
        self.ray = connect()
        nodes = [node["Resources"].get("CPU", 0) for node in self.ray.nodes() if node["Alive"]]
        self.cores = int(max(nodes, default=1))
        self.at_once = math.inf  # Ray lets wait what does not fit
        self.device = f"Ray, {len(nodes)} nodes, {sum(nodes):.0f} CPUs"

    def start(self, run: Run, part: str, threads: int) -> Part:
        return _Task(self.ray, run, part, threads)


class _Task:
    def __init__(self, ray: Any, run: Run, part: str, threads: int) -> None:
        self.ray, self.run, self.part = ray, run, part
        needed = (
            run.folder / "plan.json",
            run.folder / EXAMPLES,
            run.part_path(part, "checkpoint.npz"),
        )
        files = {path.name: path.read_bytes() for path in needed if path.exists()}
        task = ray.remote(num_cpus=threads, max_retries=0)(work)
        self.steps = task.remote(files, part, threads)

    def finished(self) -> bool:
        while self.ray.wait([self.steps], timeout=0)[0]:
            try:
                step: Step = self.ray.get(next(self.steps))
            except StopIteration:
                return True
            except self.ray.exceptions.RayError as error:
                raise RunError(
                    Sentence(
                        N_(
                            "{part}: lost by the cluster ({why}); it can go on from its last "
                            "finished epoch."
                        ),
                        {"part": part_name(self.part), "why": type(error).__name__},
                    )
                ) from error
            self._take(*step)
        return False

    def _take(
        self, files: dict[str, bytes], events: list[str], end: tuple[int, str, str] | None
    ) -> None:
        """Files first: an epoch that is told of must be one that can be gone on after."""
        for name, content in files.items():
            path = self.run.folder / name
            path.parent.mkdir(exist_ok=True)
            storage.write(path, content)
        for line in events:
            storage.append(self.run.folder / "events.jsonl", line)
        if end is not None:
            status, output, log = end
            with (self.run.folder / "log.txt").open("a") as file:
                file.write(log)
            check(self.part, status, output)

    def kill(self) -> None:
        self.ray.cancel(self.steps)


def work(files: dict[str, bytes], part: str, threads: int) -> Iterator[Step]:
    """On a node: fit a part in a folder of its own, telling what is new there."""
    with tempfile.TemporaryDirectory(prefix="digitrec-") as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        news = _News(folder)
        with (folder / "log.txt").open("ab") as log:
            worker = start_worker(folder, part, threads, log)
        try:
            while worker.poll() is None:
                time.sleep(POLL_SECONDS)
                files, lines = news.take("*.checkpoint.npz")
                if files or lines:
                    yield files, lines, None
            output, _ = worker.communicate()
            log_text = (folder / "log.txt").read_text(errors="replace")
            # The result comes last: where it is, the version is not made again.
            yield (*news.take("version/*", "*.npz"), (worker.returncode, output, log_text))
        finally:
            worker.kill()
            worker.wait()


class _News:
    """What changed in a part's folder since the last look."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, 0
        self.known = {path: path.stat().st_mtime_ns for path in folder.glob("*.npz")}

    def take(self, *patterns: str) -> tuple[dict[str, bytes], list[str]]:
        """Files in the order of the patterns, and lines of events."""
        lines = self._lines()  # first, so that no event comes before its checkpoint
        files = {}
        for path in itertools.chain.from_iterable(map(self.folder.glob, patterns)):
            changed = path.stat().st_mtime_ns
            if not path.name.startswith(".") and self.known.get(path) != changed:
                self.known[path] = changed
                files[str(path.relative_to(self.folder))] = path.read_bytes()
        return files, lines

    def _lines(self) -> list[str]:
        try:
            content = (self.folder / "events.jsonl").read_bytes()[self.told :]
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self.told += len(whole)
        return [line for line in whole.decode().splitlines() if line]
