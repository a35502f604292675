"""Names: built in, entry point, dotted path, this process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from augeval import registry
from augeval.errors import CodeNotAllowedError, InputError, UnknownNameError
from augeval.extend import AugmenterPlugin, DatasetPlugin, MetricPlugin, ModelPlugin

TYPES = {"augmenter": AugmenterPlugin, "model": ModelPlugin, "metric": MetricPlugin, "dataset": DatasetPlugin}
EVERY = [(kind, name) for kind, names in registry.BUILTIN.items() for name in names]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_built_in_name_stands_for_a_plugin_of_its_kind_with_a_summary(kind, name):
    plugin = registry.get(kind, name)
    assert isinstance(plugin, TYPES[kind])
    assert plugin.name == name
    assert plugin.modalities
    assert plugin.summary.endswith(".")


def test_an_unknown_name_gets_the_nearest_one_and_the_list():
    with pytest.raises(
        UnknownNameError, match=r"No augmenter is called 'synonim'\. Did you mean 'synonym'\? Known: .*smote"
    ):
        registry.get("augmenter", "synonim")


def test_project_code_needs_permission_and_dependencies_do_not():
    with pytest.raises(CodeNotAllowedError, match="allow-code"):
        registry.get("augmenter", "mine:shout")
    assert registry.needs_permission("mine:shout")
    assert not registry.needs_permission("sklearn.naive_bayes:GaussianNB")
    assert registry.get("model", "sklearn.naive_bayes:GaussianNB").name == "sklearn.naive_bayes:GaussianNB"
    assert registry.get("augmenter", "imblearn.over_sampling:ADASYN").form == "set"


def test_a_trusted_library_is_no_door_to_other_code():
    # sklearn.utils re-exports modules; a path that leads through them to os.system is not a class of sklearn.
    with pytest.raises((CodeNotAllowedError, InputError)):
        registry.get("model", "sklearn.utils._testing:os.system")
    with pytest.raises((CodeNotAllowedError, InputError)):
        registry.get("model", "sklearn.datasets:load_iris")


def test_a_path_that_leads_nowhere_says_so():
    with pytest.raises(InputError, match="cannot be imported"):
        registry.get("model", "no_such_module:thing", allow_code=True)
    with pytest.raises(InputError, match="cannot be imported"):
        registry.get("model", "sklearn.naive_bayes:NoSuchThing")


def test_an_object_of_another_kind_is_refused_with_what_to_do():
    with pytest.raises(InputError, match=r"not a metric\. Decorate it with @augeval.metric"):
        registry.get("metric", "json:dumps", allow_code=True)


def test_resolving_one_name_imports_no_other_room():
    code = (
        "import sys\nfrom augeval import registry\nregistry.get('augmenter', 'duplicate')\n"
        "print({m.split('.')[1] for m in sys.modules if m.startswith('augeval.') and m.count('.') > 1})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'augment'}"
