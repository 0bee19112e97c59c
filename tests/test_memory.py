from __future__ import annotations

import subprocess
import sys

from backend.settings import TOP

WORK = """
from pathlib import Path
import cv2, numpy
from backend.memory import keep_memory, loaded, unload

def of_files():  # kB
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssFile:"))

def work():
    return cv2.resize(cv2.GaussianBlur(numpy.eye(280), (5, 5), 0), (28, 28)).tobytes()

keep_memory()
done, before = work(), of_files()
unload(loaded())
after = of_files()
assert work() == done
print(before, after)
"""


def test_what_is_not_used_of_the_libraries_files_is_let_go_and_what_is_used_works_on() -> None:
    ran = subprocess.run([sys.executable, "-c", WORK], cwd=TOP, capture_output=True, text=True, check=True)
    before, after = map(int, ran.stdout.split())
    assert after < before / 2
