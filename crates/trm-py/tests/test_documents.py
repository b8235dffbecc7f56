"""Every example of every docstring and of the README, and that everything public has a docstring."""

import doctest
import importlib.util
import inspect
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import trm

# trm.torch needs what may be missing.
MISSING = {"_trm"} if importlib.util.find_spec("torch") else {"_trm", "torch"}
MODULES = sorted(f"trm.{m.name}" for m in pkgutil.iter_modules(trm.__path__) if m.name not in MISSING)
README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("name", ["trm", *MODULES])
def test_examples_of_docstrings(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs={"trm": trm, "np": np})
    assert result.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(name) for name in MODULES]
    assert sum(len(test.examples) for module in modules for test in finder.find(module)) > 40


def test_examples_of_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = README.read_text(encoding="utf-8")
    blocks = [part.split("```", 1)[0] for part in text.split("```python\n")[1:]]
    assert blocks
    names = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)


def test_everything_public_is_documented():
    missing = []
    for name in trm.__all__:
        value = getattr(trm, name)
        if not inspect.isclass(value):
            continue
        members = [(name, value)] + [(f"{name}.{m}", v) for m, v in vars(value).items() if not m.startswith("_")]
        for path, member in members:
            if (callable(member) or isinstance(member, (property, classmethod))) and not inspect.getdoc(member):
                missing.append(path)
    assert missing == []
