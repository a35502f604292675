"""What every test stands on: a cache of its own session, no MLflow store but a temporary one, one thread."""

from __future__ import annotations

import os
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # before numpy is imported
    os.environ.setdefault(_name, "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest  # noqa: E402  # the threads above must be set first

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("augeval-cache")


@pytest.fixture(scope="module")
def module_cache(session_cache):
    """For fixtures of a module that run experiments: they are made before the autouse one of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        yield


@pytest.fixture(autouse=True)
def _own_places(session_cache, tmp_path, monkeypatch):
    """No test reads the user's cache or writes a tracking store into the project."""
    monkeypatch.setenv("AUGEVAL_CACHE", str(session_cache))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data sets beside the project; tests that need them are skipped elsewhere."""
    folder = Path(os.environ.get("AUGEVAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the shared data is not here ({folder}); set AUGEVAL_DATA")
    return folder
