"""`kill -9` in the middle of a run, then resumption: the final weights are those of an undisturbed run, bit for bit."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from zoo.engine.checkpoint import read_latest

SCRIPT = Path(__file__).with_name("train_script.py")
ROOT = Path(__file__).parents[2]
PATIENCE = 240.0  # seconds; a run takes a few on an idle machine

Start = Callable[..., subprocess.Popen]


def command(processes: int) -> list[str]:
    if processes == 1:
        return [sys.executable, str(SCRIPT)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # --multi_gpu is what makes accelerate start several processes at all; without a GPU they run on the CPU, by gloo
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"]
    options = ["--num_processes", str(processes), "--mixed_precision", "no", "--num_cpu_threads_per_process", "1"]
    return [*launcher, *options, "--main_process_ip", "127.0.0.1", "--main_process_port", str(port), str(SCRIPT)]


def kill(process: subprocess.Popen) -> None:
    """SIGKILL to a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the training script; whatever still runs at the end of the test is killed."""
    started: list[subprocess.Popen] = []

    def begin(processes: int, out: Path, *arguments: str) -> subprocess.Popen:
        out.mkdir(exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HOME": str(tmp_path)}
        environment.update(CUDA_VISIBLE_DEVICES="", ACCELERATE_USE_CPU="true")
        with (out / "log.txt").open("a") as log:
            process = subprocess.Popen(
                [*command(processes), str(out), *arguments],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        kill(process)


def finish(process: subprocess.Popen, out: Path) -> None:
    assert process.wait(timeout=PATIENCE) == 0, (out / "log.txt").read_text()


def newest(out: Path) -> int:
    names = sorted(path.stem for path in (out / "checkpoints").glob("checkpoint-*.safetensors"))
    return int(names[-1].split("-")[1]) if names else 0


def kill_after_checkpoint(process: subprocess.Popen, out: Path) -> None:
    """At a random moment after a checkpoint newer than those at the start."""
    before, deadline = newest(out), time.monotonic() + PATIENCE
    while newest(out) <= before:
        assert process.poll() is None and time.monotonic() < deadline, (out / "log.txt").read_text()
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.1))
    kill(process)
    assert process.returncode == -signal.SIGKILL
    assert not (out / "final.safetensors").exists()


def check_killed_equals_undisturbed(start: Start, folder: Path, processes: int, kills: int) -> None:
    undisturbed, killed = folder / "undisturbed", folder / "killed"
    reference = start(processes, undisturbed)
    for number in range(kills):
        kill_after_checkpoint(start(processes, killed, "--pause", "0.02", *["--resume"] * (number > 0)), killed)
        assert 1 <= len(list((killed / "checkpoints").glob("checkpoint-*.safetensors"))) <= 3
    finish(start(processes, killed, "--resume"), killed)
    finish(reference, undisturbed)
    assert (killed / "final.safetensors").read_bytes() == (undisturbed / "final.safetensors").read_bytes()
    saved = read_latest(killed / "checkpoints")
    assert saved is not None and saved.header["identity"]["processes"] == processes


def test_one_process(start: Start, tmp_path: Path) -> None:
    check_killed_equals_undisturbed(start, tmp_path, processes=1, kills=2)


@pytest.mark.slow
def test_two_processes(start: Start, tmp_path: Path) -> None:
    check_killed_equals_undisturbed(start, tmp_path, processes=2, kills=1)


@pytest.mark.slow
def test_two_processes_take_the_steps_of_one(start: Start, tmp_path: Path) -> None:
    """The same batches and the mean of the gradients: equal but for rounding, which Adam magnifies."""
    one, two = tmp_path / "one", tmp_path / "two"
    runs = [(start(1, one, "--plain"), one), (start(2, two, "--plain"), two)]
    for process, out in runs:
        finish(process, out)
    single, double = load_file(one / "final.safetensors"), load_file(two / "final.safetensors")
    for name, tensor in single.items():
        torch.testing.assert_close(double[name], tensor, rtol=1e-4, atol=1e-5)
