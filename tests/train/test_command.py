"""``python -m tinygrad_edu train``: what it prints, writes, keeps and refuses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from argparse import ArgumentParser
from importlib import util

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.__main__ import main
from tinygrad_edu.models import mlp
from tinygrad_edu.nn import CrossEntropyLoss
from tinygrad_edu.train import command, evaluate, load_weights

for package in ("sklearn", "rich", "matplotlib"):
    pytest.importorskip(package)


@pytest.fixture
def train(tmp_path, capsys):
    def run(*options, out=tmp_path / "results"):
        status = main(["train", "--out", str(out), *map(str, options)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err, out

    return run


def accuracy_of(weights):
    model = mlp(64, 10)
    model.load_state_dict(weights)
    return evaluate(model, data.digits(train=False), CrossEntropyLoss())[1]


def test_digits_are_learnt_and_everything_is_saved(train):
    status, out, err, folder = train("--epochs", 15)
    assert status == 0
    assert err == ""
    lines = re.findall(r"^epoch +(\d+)/15   loss (\S+)   test loss (\S+)   test accuracy +(\S+) %", out, re.M)
    assert [int(line[0]) for line in lines] == list(range(1, 16))
    assert float(lines[-1][1]) < 0.1 * float(lines[0][1])
    final = re.search(r"test accuracy (\S+) % after 15 epochs, \S+ s of training \(seed 0\)", out)
    assert float(final[1]) >= 95
    assert {path.name for path in folder.iterdir()} == {"weights.npz", "curve.png"}
    assert 100 * accuracy_of(load_weights(folder / "weights.npz")) == pytest.approx(float(final[1]), abs=0.01)
    picture = (folder / "curve.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
    with np.load(folder / "weights.npz", allow_pickle=False) as archive:
        assert list(archive) == [f"{layer}.{kind}" for layer in (1, 3, 5) for kind in ("weight", "bias")]


def test_the_seed_decides_everything(train):
    runs = []
    for seed in (4, 4, 5):
        # what happened before must not matter
        tg.rand(1)
        _, _, _, folder = train("--epochs", 1, "--seed", seed)
        runs.append(load_weights(folder / "weights.npz")["1.weight"].data)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_sgd_learns_too(train):
    status, out, _, _ = train("--epochs", 10, "--optimizer", "sgd", "--batch-size", 32)
    assert status == 0
    assert float(re.search(r"test accuracy (\S+) % after", out)[1]) >= 90


def test_steps_that_are_too_large_are_reported_and_earlier_weights_kept(train):
    status, _, err, folder = train("--optimizer", "sgd", "--lr", 1e6)
    assert status == 1
    assert re.fullmatch(
        r"The loss became (nan|inf) in epoch 1: the steps are too large\. Try a smaller --lr\.\n", err
    )
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--epochs", "0"], "argument --epochs: '0' is not a whole number of at least 1"),
        (["--epochs", "2.5"], "argument --epochs: '2.5' is not a whole number"),
        (["--batch-size", "-3"], "argument --batch-size"),
        (["--lr", "0"], "argument --lr: '0' is not a number above 0"),
        (["--lr", "nan"], "argument --lr: 'nan' is not a number above 0"),
        (["--lr", "fast"], "argument --lr: 'fast' is not a number above 0"),
        (["--seed", "-1"], "argument --seed"),
        (["--data", "cifar"], "argument --data: invalid choice: 'cifar'"),
        (["--optimizer", "lion"], "argument --optimizer: invalid choice"),
        (["--speed", "9"], "unrecognized arguments: --speed 9"),
    ],
)
def test_options_out_of_range_are_misuse(options, words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["train", *options])
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_missing_data_is_misuse_and_says_what_to_set(train, monkeypatch, tmp_path):
    monkeypatch.delenv("TINYGRAD_EDU_DATA", raising=False)
    status, _, err, _ = train("--data", "mnist")
    assert status == 2
    assert "Set TINYGRAD_EDU_DATA" in err
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(tmp_path))
    status, _, err, _ = train("--data", "fashion-mnist")
    assert status == 2
    assert "train-images-idx3-ubyte.gz is missing" in err


def test_a_folder_that_cannot_be_is_misuse(train, tmp_path):
    (tmp_path / "file").write_text("in the way")
    status, _, err, _ = train(out=tmp_path / "file" / "results")
    assert status == 2
    assert "no folder can be made there" in err


def test_a_result_that_cannot_be_written_is_said_in_one_sentence(train, tmp_path):
    (tmp_path / "results" / "weights.npz").mkdir(parents=True)
    status, _, err, folder = train("--epochs", 1)
    assert status == 2
    assert re.fullmatch(r".*weights\.npz cannot be written \(.*\); name another folder with --out\.\n", err)
    assert [path.name for path in folder.iterdir()] == ["weights.npz"]


@pytest.mark.parametrize("package", ["rich", "matplotlib"])
def test_a_missing_extra_is_named(package, train, monkeypatch):
    find_spec = util.find_spec
    monkeypatch.setattr(
        "tinygrad_edu.train.command.find_spec", lambda name: None if name == package else find_spec(name)
    )
    status, _, err, _ = train()
    assert status == 2
    assert err == f"Training needs {package}: pip install 'tinygrad-edu[train]'.\n"


def test_without_a_verb_the_help_is_printed(capsys):
    assert main([]) == 0
    assert "train" in capsys.readouterr().out


def test_a_stop_request_is_heard_after_one_step(tmp_path):
    parser = ArgumentParser()
    command.add_arguments(parser)
    options = parser.parse_args(["--out", str(tmp_path)])
    run = command._Run(options, data.digits(), data.digits(train=False))
    assert run.train({"requested": True}) > 0
    assert {state["step"] for state in run.optimizer.state.values()} == {1}
    assert run.history == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
def test_ctrl_c_keeps_the_weights_so_far(tmp_path):
    command = [sys.executable, "-m", "tinygrad_edu", "train", "--epochs", "100000", "--out", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if line.startswith("epoch"):
                process.send_signal(signal.SIGINT)
                break
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert re.fullmatch(r"\nStopped in epoch \d+\. The weights so far are in .*weights\.npz\.\n", err)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.npz"]
    assert accuracy_of(load_weights(tmp_path / "weights.npz")) > 0.3


@pytest.mark.skipif("TINYGRAD_EDU_DATA" not in os.environ, reason="TINYGRAD_EDU_DATA is not set")
def test_mnist_is_well_on_its_way_after_two_epochs(train):
    status, out, _, _ = train("--data", "mnist", "--epochs", 2, "--batch-size", 128)
    assert status == 0
    assert float(re.search(r"test accuracy (\S+) % after", out)[1]) >= 95
