"""Fine-tune the published tagger on 2,000 jets of another detector, and train the same network from scratch on them.

The other detector has coarser calorimeter cells than that of the published weights. Both trainings get the same jets,
passes, batches and learning rates: each rate is tried, and the network that does best on a tenth of the 2,000 jets, on
which it was not trained, counts. The jets on which the results are measured belong to neither.

The jets are generated first (extra "hep"), and kept in zoo's cache: some minutes, and some more of training.
Run: python examples/finetune_on_a_shifted_detector.py
Or on jets of your own: python examples/finetune_on_a_shifted_detector.py --data mine.h5
"""

import argparse
import csv
from pathlib import Path

import torch
from torch import nn

import zoo
from zoo.tasks.task import Arrays

TASK = zoo.get_task("toptag")
NAME = "liegnn-toptag"


def main(data: Path | None, jets: int, held_out: int, epochs: int, rates: list[float], out: Path | None) -> None:
    everything = TASK.make("train", size=jets + held_out, spec="coarse") if data is None else TASK.read(data)
    training, test = everything[:jets], everything[jets : jets + held_out]

    published = zoo.load(NAME)
    torch.manual_seed(0)
    fresh = zoo.load(NAME, pretrained=False)
    results = {
        "published weights as they are": auroc(published, test),
        "trained from scratch": auroc(trained(fresh, training, epochs, rates), test),
        "fine-tuned": auroc(trained(published, training, epochs, rates), test),
    }

    print(f"AUROC on {len(test):,} jets of this detector, after {epochs} passes over {len(training):,} others of it")
    for network, value in results.items():
        print(f"{network:<32}{value:.4f}")
    if out is not None:
        with open(out, "w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["network", "auroc", "jets", "passes", "measured_on"])
            rows.writerows([name, f"{v:.4f}", len(training), epochs, len(test)] for name, v in results.items())


def trained(start: nn.Module, jets: Arrays, epochs: int, rates: list[float]) -> nn.Module:
    """The best of the rates, judged by the last tenth of the jets; no training sees that tenth."""
    cut = len(jets) - len(jets) // 10
    fit, choose = jets[:cut], jets[cut:]
    settings = {"epochs": epochs, "batch_size": 32, "validation": 0.0}
    tried = [zoo.finetune(start, (fit.x, fit.y), lr=rate, **settings) for rate in rates]
    return max(tried, key=lambda network: auroc(network, choose))


def auroc(network: nn.Module, jets: Arrays) -> float:
    return TASK.metric(zoo.predict(network, jets.x), jets.y)["auroc"]


if __name__ == "__main__":  # jets are made by several processes, which import this file
    arguments = argparse.ArgumentParser(description="Fine-tune a tagger on a shifted detector.")
    arguments.add_argument("--data", type=Path, help="a file of labelled jets, instead of generating some")
    arguments.add_argument("--jets", type=int, default=2000, help="to train on")
    arguments.add_argument("--held-out", type=int, default=4000, help="to measure on")
    arguments.add_argument("--epochs", type=int, default=6)
    arguments.add_argument("--rates", type=float, nargs="+", default=[3e-4, 1e-3], help="learning rates to try")
    arguments.add_argument("--out", type=Path, help="write the results into this .csv file, too")
    main(**vars(arguments.parse_args()))
