"""Touches what Python programs usually need, so that a template's page cache holds it. Run as user code, once.

Each large library is imported in a separate process: together they would need most of the memory of a small machine, and the
kernel would drop from its cache what they have just read.
"""

import asyncio
import csv
import datetime
import io
import json
import multiprocessing
import os
import pathlib
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request
import uuid
import zoneinfo

import numpy as np


def use_pandas():
    import pandas as pd

    days = pd.date_range("2026-01-01", periods=3)
    table = pd.DataFrame({"key": ["a", "b", "a"], "value": [1.5, 2.5, 3.5], "day": days})
    table.groupby("key")["value"].agg(["mean", "sum"])
    table.merge(table, on="key").to_csv(io.StringIO())
    pd.read_csv(io.StringIO("x,y\n1,2\n3,4\n")).describe().to_string()


def use_sympy():
    import sympy

    x = sympy.symbols("x")
    sympy.expand((x + 1) ** 2)


def use_scipy():
    import scipy.integrate
    import scipy.linalg
    import scipy.optimize
    import scipy.stats

    scipy.optimize.minimize(lambda point: float((point**2).sum()), [1.0, 2.0])
    scipy.stats.norm.cdf(0.5)


def use_matplotlib():
    import matplotlib.pyplot as plt
    from PIL import Image

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3], label="line")
    axes.set_title("warm")
    axes.legend()
    with tempfile.TemporaryDirectory() as scratch:
        picture = pathlib.Path(scratch) / "warm.png"
        figure.savefig(picture)
        Image.open(picture).resize((32, 32)).convert("L").tobytes()
        (pathlib.Path(scratch) / "warm.json").write_text(json.dumps({"warm": True}))


def use_requests():
    import requests

    requests.Request("GET", "http://localhost/").prepare()
    urllib.request.Request("http://localhost/")


random.seed(uuid.uuid4().int)
matrix = np.random.default_rng(1).normal(size=(32, 32))
np.linalg.svd(matrix @ matrix.T)
np.fft.fft(matrix[0])

for use in use_scipy, use_sympy, use_requests, use_matplotlib, use_pandas:
    child = os.fork()
    if child == 0:
        use()
        sys.stdout.flush()
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        sys.exit(f"{use.__name__} failed")

with sqlite3.connect(":memory:") as database:
    database.execute("select 1").fetchone()
csv.writer(io.StringIO()).writerow([1, 2])
re.sub(r"\d+", "n", "1 and 2")
statistics.median([1, 2, 3])
datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin"))
asyncio.run(asyncio.sleep(0))
worker = threading.Thread(target=multiprocessing.cpu_count)
worker.start()
worker.join()
subprocess.run(["/bin/sh", "-c", "true"], check=True)
