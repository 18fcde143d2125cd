"""`python -m curation.runner FOLDER`: the steps of one training run, one after the other, in a process of their own.

The folder's `spec.json` says what to do. What happens is in `progress.json` (replaced whole, once a second) and
`log.txt`. While the process lives it holds the lock on `lock`, so that anybody can tell whether it does, also after
the service was started again; ending its process group ends its step too.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

SPEC, PROGRESS, LOG, LOCK = "spec.json", "progress.json", "log.txt", "lock"


class Runner:
    """Runs the steps of a folder's spec; `took` of an earlier attempt is not kept, a run begins at its beginning."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spec: dict[str, Any] = json.loads((folder / SPEC).read_text(encoding="utf8"))
        self.took: dict[str, float] = {}
        self.child: subprocess.Popen[bytes] | None = None
        self.stopped = False

    def run(self) -> int:
        with (self.folder / LOG).open("ab") as log:
            for step in self.spec["steps"]:
                began = time.time()
                self.say(log, f"== {step['title']}")
                code = self.step(step, began, log)
                self.took[step["name"]] = round(time.time() - began, 1)
                if self.stopped:
                    self.tell("cancelled", None, began)
                    return 1
                if code not in step["accepts"]:
                    self.say(log, f"== {step['title']}没有成功（退出码 {code}）")
                    self.tell("failed", step["name"], began, f"{step['title']}没有成功（退出码 {code}）")
                    return 1
            self.tell("done", None, time.time())
        return 0

    def step(self, step: dict[str, Any], began: float, log: IO[bytes]) -> int:
        self.child = subprocess.Popen(
            step["command"],
            cwd=self.spec["cwd"],
            env=os.environ | self.spec["env"],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        while True:
            self.tell("running", step["name"], began)
            try:
                return self.child.wait(1)
            except subprocess.TimeoutExpired:
                if self.stopped:
                    self.child.terminate()

    def tell(self, state: str, step: str | None, began: float, error: str | None = None) -> None:
        said = {"pid": os.getpid(), "state": state, "step": step, "step_began": began}
        said |= {"took": self.took, "error": error, "at": time.time()}
        beside = self.folder / f"{PROGRESS}.new"
        beside.write_text(json.dumps(said, ensure_ascii=False), encoding="utf8")
        os.replace(beside, self.folder / PROGRESS)

    def say(self, log: IO[bytes], line: str) -> None:
        log.write(f"{line}\n".encode())
        log.flush()

    def stop(self, *_signal: object) -> None:
        self.stopped = True
        if self.child:
            self.child.terminate()


def main() -> int:
    folder = Path(sys.argv[1])
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("this run is running already", file=sys.stderr)
            return 2
        runner = Runner(folder)
        signal.signal(signal.SIGTERM, runner.stop)
        return runner.run()


if __name__ == "__main__":
    sys.exit(main())
